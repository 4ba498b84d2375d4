package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import java.net.Inet4Address;
import java.time.Instant;

/**
 * What is known of one address.
 *
 * @param mac the machine that it was last given to; where declined: the one that found it in use
 * @param until after this it may be given to another
 */
public record Lease(Inet4Address address, MacAddress mac, State state, Instant until) {
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

    /** Whether nobody but {@link #mac} may have it now. */
    boolean holds(Instant now) {
        return state != State.RELEASED && now.isBefore(until);
    }

    boolean isBound(Instant now) {
        return state == State.BOUND && now.isBefore(until);
    }
}
