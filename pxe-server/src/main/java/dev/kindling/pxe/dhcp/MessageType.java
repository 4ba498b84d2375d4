package dev.kindling.pxe.dhcp;

import java.util.List;
import java.util.Optional;

/** DHCP message type, option 53 (RFC 2132 section 9.6). */
public enum MessageType {
    DISCOVER(1),
    OFFER(2),
    REQUEST(3),
    DECLINE(4),
    ACK(5),
    NAK(6),
    RELEASE(7),
    INFORM(8);

    /** In the order of their codes. */
    private static final List<MessageType> ALL = List.of(values());

    private final int code;

    MessageType(int code) {
        this.code = code;
    }

    /** The value of option 53. */
    public int code() {
        return code;
    }

    /** The type with that code; empty for types that are not DHCPv4's own, such as those of RFC 3203 and RFC 4388. */
    public static Optional<MessageType> of(int code) {
        return code >= 1 && code <= ALL.size() ? Optional.of(ALL.get(code - 1)) : Optional.empty();
    }
}
