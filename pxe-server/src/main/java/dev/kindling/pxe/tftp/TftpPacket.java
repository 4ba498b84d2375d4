package dev.kindling.pxe.tftp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** A TFTP packet (RFC 1350; options RFC 2347). */
public sealed interface TftpPacket {
    /** Octets of the header of DATA and ACK. */
    int HEADER = 4;
    /** Operation code. */
    int DATA = 3;
    /** Operation code. */
    int ACK = 4;

    /**
     * RRQ or WRQ.
     *
     * @param write true for WRQ
     * @param file as sent; octets that are not UTF-8 are U+FFFD
     * @param mode in lower case: {@code octet}, {@code netascii}
     * @param options names in lower case, in the order sent
     */
    record Request(boolean write, String file, String mode, SequencedMap<String, String> options)
            implements
                TftpPacket {
        public Request {
            options = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(options));
        }
    }

    /**
     * DATA.
     *
     * @param block 0 to 65535
     * @param payload from its position to its limit
     */
    record Data(int block, ByteBuffer payload) implements TftpPacket {}

    /** ACK; block 0 to 65535. */
    record Ack(int block) implements TftpPacket {}

    /** ERROR. */
    record Failure(int code, String message) implements TftpPacket {
        /** See the message. */
        public static final int OTHER = 0;
        /** No such file. */
        public static final int NOT_FOUND = 1;
        /** Access violation. */
        public static final int REFUSED = 2;
        /** Illegal operation. */
        public static final int ILLEGAL = 4;
        /** Unknown transfer ID: a packet from a port that is not the peer's. */
        public static final int UNKNOWN_TID = 5;
        /** RFC 2347: the negotiation ended the transfer. */
        public static final int OPTIONS = 8;
    }

    /** OACK; names in lower case. */
    record Oack(SequencedMap<String, String> options) implements TftpPacket {
        public Oack {
            options = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(options));
        }
    }

    /** Reads the rest of {@code in}; empty for anything that is no TFTP packet. A last string may lack its NUL. */
    static Optional<TftpPacket> parse(ByteBuffer in) {
        if (in.remaining() < 2) {
            return Optional.empty();
        }
        int op = in.getShort() & 0xffff;
        return switch (op) {
            case 1, 2 -> request(op == 2, in);
            case 3 -> in.remaining() < 2
                    ? Optional.empty()
                    : Optional.of(new Data(in.getShort() & 0xffff, in.slice()));
            case 4 -> in.remaining() < 2 ? Optional.empty() : Optional.of(new Ack(in.getShort() & 0xffff));
            case 5 -> {
                if (in.remaining() < 2) {
                    yield Optional.empty();
                }
                int code = in.getShort() & 0xffff;
                String message = string(in);
                yield Optional.of(new Failure(code, message == null ? "" : message));
            }
            case 6 -> Optional.of(new Oack(options(in)));
            default -> Optional.empty();
        };
    }

    /** The packet's octets. */
    default ByteBuffer encode() {
        return switch (this) {
            case Request r -> {
                var text = new StringBuilder(r.file()).append('\0').append(r.mode()).append('\0');
                yield strings(r.write() ? 2 : 1, append(text, r.options()));
            }
            case Data d -> ByteBuffer.allocate(HEADER + d.payload().remaining()).putShort((short) 3)
                    .putShort((short) d.block()).put(d.payload().duplicate()).flip();
            case Ack a -> ByteBuffer.allocate(HEADER).putShort((short) 4).putShort((short) a.block()).flip();
            case Failure f -> {
                byte[] text = f.message().getBytes(StandardCharsets.UTF_8);
                yield ByteBuffer.allocate(HEADER + text.length + 1).putShort((short) 5).putShort((short) f.code())
                        .put(text).put((byte) 0).flip();
            }
            case Oack o -> strings(6, append(new StringBuilder(), o.options()));
        };
    }

    private static Optional<TftpPacket> request(boolean write, ByteBuffer in) {
        String file = string(in);
        String mode = string(in);
        return file == null || mode == null
                ? Optional.empty()
                : Optional.of(new Request(write, file, mode.toLowerCase(Locale.ROOT), options(in)));
    }

    /** Of an option sent twice the first counts; a name without a value ends the list. */
    private static SequencedMap<String, String> options(ByteBuffer in) {
        var options = new LinkedHashMap<String, String>();
        for (String name = string(in); name != null; name = string(in)) {
            String value = string(in);
            if (value == null) {
                break;
            }
            options.putIfAbsent(name.toLowerCase(Locale.ROOT), value);
        }
        return options;
    }

    private static @Nullable String string(ByteBuffer in) {
        if (!in.hasRemaining()) {
            return null;
        }
        int start = in.position();
        int end = start;
        while (end < in.limit() && in.get(end) != 0) {
            end++;
        }
        byte[] octets = new byte[end - start];
        in.get(octets);
        if (in.hasRemaining()) {
            in.get();
        }
        return new String(octets, StandardCharsets.UTF_8);
    }

    private static StringBuilder append(StringBuilder text, Map<String, String> options) {
        options.forEach((name, value) -> text.append(name).append('\0').append(value).append('\0'));
        return text;
    }

    private static ByteBuffer strings(int op, StringBuilder text) {
        byte[] octets = text.toString().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(2 + octets.length).putShort((short) op).put(octets).flip();
    }
}
