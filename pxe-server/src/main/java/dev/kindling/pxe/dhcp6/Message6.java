package dev.kindling.pxe.dhcp6;

import java.net.Inet6Address;
import java.nio.ByteBuffer;
import java.util.Optional;

/** A DHCPv6 datagram (RFC 8415 sections 8 and 9). */
sealed interface Message6 {
    /**
     * A message between client and server.
     *
     * @param transaction 24 bits
     */
    record Plain(MessageType6 type, int transaction, Options6 options) implements Message6 {}

    /**
     * A message between a relay agent and the server.
     *
     * @param reply false: RELAY-FORW, true: RELAY-REPL
     * @param link tells the network of the client; unspecified where option 18 does
     * @param peer the client or the relay agent that the message came from
     */
    record Relayed(boolean reply, int hops, Inet6Address link, Inet6Address peer,
            Options6 options) implements Message6 {}

    /** Empty where it is none: too short, a type that is not known, an option that is cut off. */
    static Optional<Message6> decode(byte[] datagram) {
        var bytes = ByteBuffer.wrap(datagram);
        if (bytes.remaining() < 4) {
            return Optional.empty();
        }
        int type = bytes.get() & 0xff;
        if (type == MessageType6.RELAY_FORWARD || type == MessageType6.RELAY_REPLY) {
            if (bytes.remaining() < 33) {
                return Optional.empty();
            }
            int hops = bytes.get() & 0xff;
            Inet6Address link = address(bytes);
            Inet6Address peer = address(bytes);
            return Optional.ofNullable(Options6.decode(bytes))
                    .map(options -> new Relayed(type == MessageType6.RELAY_REPLY, hops, link, peer, options));
        }
        int transaction = (bytes.get() & 0xff) << 16 | (bytes.getShort() & 0xffff);
        return MessageType6.of(type).flatMap(known -> Optional.ofNullable(Options6.decode(bytes))
                .map(options -> new Plain(known, transaction, options)));
    }

    default byte[] encode() {
        return switch (this) {
            case Plain(MessageType6 type, int transaction, Options6 options) -> {
                var bytes = ByteBuffer.allocate(4 + options.encodedLength()).putInt(type.code() << 24 | transaction);
                options.encode(bytes);
                yield bytes.array();
            }
            case Relayed(boolean reply, int hops, Inet6Address link, Inet6Address peer, Options6 options) -> {
                var bytes = ByteBuffer.allocate(34 + options.encodedLength())
                        .put((byte) (reply ? MessageType6.RELAY_REPLY : MessageType6.RELAY_FORWARD)).put((byte) hops)
                        .put(link.getAddress()).put(peer.getAddress());
                options.encode(bytes);
                yield bytes.array();
            }
        };
    }

    private static Inet6Address address(ByteBuffer from) {
        var sixteen = new byte[16];
        from.get(sixteen);
        return Options6.address(sixteen);
    }
}
