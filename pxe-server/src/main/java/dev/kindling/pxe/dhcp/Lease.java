package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PoolUse;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.function.Predicate;

/**
 * What is known of one address.
 *
 * @param mac the machine that it was last given to; where declined: the one that found it in use
 * @param client by what else DHCPv6 knows its clients; empty for IPv4
 * @param until after this it may be given to another
 */
public record Lease(InetAddress address, MacAddress mac, String client, State state, Instant until) {
    /** Of an IPv4 address. */
    public Lease(InetAddress address, MacAddress mac, State state, Instant until) {
        this(address, mac, "", state, until);
    }

    /** What became of an address. */
    public enum State {
        /** Offered, not yet asked for. Never written to the disk. */
        OFFERED,
        /** Acknowledged. */
        BOUND,
        /** Given back. */
        RELEASED,
        /** Found in use by a stranger: nobody gets it for a while. */
        DECLINED
    }

    /** Whether nobody but the one that it was given to may have it now. */
    public boolean holds(Instant now) {
        return state != State.RELEASED && now.isBefore(until);
    }

    /** Whether it is acknowledged and has not ended. */
    public boolean isBound(Instant now) {
        return state == State.BOUND && now.isBefore(until);
    }

    /**
     * How far a network is used.
     *
     * @param pool how many addresses it can give
     * @param inPool whether an address is one of them
     */
    public static PoolUse use(String network, long pool, Collection<Lease> leases, Predicate<InetAddress> inPool,
            Instant now) {
        var held = new EnumMap<State, Integer>(State.class);
        long taken = 0;
        for (Lease lease : leases) {
            if (lease.holds(now)) {
                held.merge(lease.state(), 1, Integer::sum);
                taken += inPool.test(lease.address()) ? 1 : 0;
            }
        }
        return new PoolUse(network, pool, Math.max(0, pool - taken), held.getOrDefault(State.BOUND, 0),
                held.getOrDefault(State.OFFERED, 0), held.getOrDefault(State.DECLINED, 0));
    }
}
