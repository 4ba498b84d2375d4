package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import java.net.InetAddress;
import java.time.Instant;

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
}
