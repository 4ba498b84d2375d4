package dev.kindling.pxe.dhcp6;

import java.util.Optional;

/** RFC 8415 section 7.3; the two of relay agents are {@link Message6.Relayed}. */
enum MessageType6 {
    SOLICIT(1),
    ADVERTISE(2),
    REQUEST(3),
    CONFIRM(4),
    RENEW(5),
    REBIND(6),
    REPLY(7),
    RELEASE(8),
    DECLINE(
            9),
    RECONFIGURE(10),
    INFORMATION_REQUEST(11);

    static final int RELAY_FORWARD = 12;
    static final int RELAY_REPLY = 13;

    private final int code;

    MessageType6(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    static Optional<MessageType6> of(int code) {
        return code >= 1 && code <= values().length ? Optional.of(values()[code - 1]) : Optional.empty();
    }
}
