package dev.kindling.pxe.dhcp6;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** DHCPv6 options in their order (RFC 8415 section 21.1). Immutable; the byte arrays are not to be changed. */
final class Options6 {
    private static final Options6 NONE = new Options6(List.of());
    private final List<Option> list;

    record Option(int code, byte[] value) {}

    private Options6(List<Option> list) {
        this.list = list;
    }

    static Options6 none() {
        return NONE;
    }

    /** Null where an option is longer than what is there. */
    static @Nullable Options6 decode(ByteBuffer from) {
        var list = new ArrayList<Option>();
        while (from.remaining() >= 4) {
            int code = from.getShort() & 0xffff;
            int length = from.getShort() & 0xffff;
            if (length > from.remaining()) {
                return null;
            }
            var value = new byte[length];
            from.get(value);
            list.add(new Option(code, value));
        }
        return from.hasRemaining() ? null : new Options6(List.copyOf(list));
    }

    int encodedLength() {
        return list.stream().mapToInt(option -> 4 + option.value().length).sum();
    }

    void encode(ByteBuffer to) {
        for (Option option : list) {
            to.putShort((short) option.code()).putShort((short) option.value().length).put(option.value());
        }
    }

    byte[] encoded() {
        var bytes = ByteBuffer.allocate(encodedLength());
        encode(bytes);
        return bytes.array();
    }

    Optional<byte[]> first(int code) {
        return list.stream().filter(option -> option.code() == code).map(Option::value).findFirst();
    }

    List<byte[]> all(int code) {
        return list.stream().filter(option -> option.code() == code).map(Option::value).toList();
    }

    boolean has(int code) {
        return first(code).isPresent();
    }

    Options6 with(int code, byte[] value) {
        var longer = new ArrayList<>(list);
        longer.add(new Option(code, value));
        return new Options6(List.copyOf(longer));
    }

    Options6 with(int code, Options6 inner) {
        return with(code, inner.encoded());
    }

    Options6 withAddresses(int code, List<? extends InetAddress> addresses) {
        var value = ByteBuffer.allocate(16 * addresses.size());
        addresses.forEach(address -> value.put(address.getAddress()));
        return with(code, value.array());
    }

    Options6 withAll(Options6 others) {
        var longer = new ArrayList<>(list);
        longer.addAll(others.list);
        return new Options6(List.copyOf(longer));
    }

    /** 16-bit numbers, as in options 6 and 61. */
    List<Integer> shorts(int code) {
        return first(code).map(value -> {
            var numbers = new ArrayList<Integer>();
            for (var bytes = ByteBuffer.wrap(value); bytes.remaining() >= 2;) {
                numbers.add(bytes.getShort() & 0xffff);
            }
            return List.copyOf(numbers);
        }).orElse(List.of());
    }

    static Inet6Address address(byte[] sixteen) {
        try {
            return Inet6Address.getByAddress(null, sixteen, -1);
        } catch (java.net.UnknownHostException e) {
            throw new IllegalArgumentException("an IPv6 address has 16 bytes", e);
        }
    }
}
