package dev.kindling.pxe.dhcp6;

import dev.kindling.pxe.MacAddress;
import java.net.Inet6Address;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one address.
 *
 * @param duid of the client, in hexadecimal
 * @param iaid which of the client's interfaces (RFC 8415 section 12)
 * @param mac null where nothing told it
 * @param until after this it may be given to another
 */
record Binding6(Inet6Address address, String duid, int iaid, @Nullable MacAddress mac, State state, Instant until) {
    enum State {
        /** Advertised, not yet asked for. */
        OFFERED, BOUND, RELEASED,
        /** Found in use by a stranger: nobody gets it for a while. */
        DECLINED
    }

    boolean isOf(String otherDuid, int otherIaid) {
        return duid.equals(otherDuid) && iaid == otherIaid;
    }

    /** Whether nobody but its client may have it now. */
    boolean holds(Instant now) {
        return state != State.RELEASED && now.isBefore(until);
    }
}
