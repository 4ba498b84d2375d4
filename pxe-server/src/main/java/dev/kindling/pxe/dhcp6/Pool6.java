package dev.kindling.pxe.dhcp6;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Link6;
import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The addresses of one IPv6 network. Changed by one thread; {@link #boundTo} may be asked by any. */
final class Pool6 {
    /** A pool of a /64 has more addresses than anybody looks through for a free one. */
    private static final int MOST_TRIES = 65_536;

    private final Link6 link;
    private final Map<Inet6Address, Binding6> byAddress = new ConcurrentHashMap<>();
    private final Map<String, Inet6Address> byClient = new ConcurrentHashMap<>();

    Pool6(Link6 link) {
        this.link = link;
    }

    Link6 link() {
        return link;
    }

    void put(Binding6 binding) {
        byAddress.put(binding.address(), binding);
        String client = key(binding.duid(), binding.iaid());
        if (binding.state() == Binding6.State.DECLINED) {
            byClient.remove(client, binding.address());
        } else {
            byClient.put(client, binding.address());
        }
    }

    /** What the client has or last had here. */
    Optional<Binding6> of(String duid, int iaid) {
        Inet6Address address = byClient.get(key(duid, iaid));
        return Optional.ofNullable(address == null ? null : byAddress.get(address))
                .filter(binding -> binding.isOf(duid, iaid));
    }

    Optional<MacAddress> boundTo(InetAddress address, Instant now) {
        Binding6 binding = address instanceof Inet6Address six ? byAddress.get(plain(six)) : null;
        return binding != null && binding.state() == Binding6.State.BOUND && binding.holds(now)
                ? Optional.ofNullable(binding.mac())
                : Optional.empty();
    }

    /** Whether the client may have the address. */
    boolean isFree(Inet6Address address, String duid, int iaid, Instant now) {
        return !isForeign(address, duid, iaid, now) && inPool(address) && !address.equals(plain(link.address()));
    }

    /** Whether another client, or a stranger that was found there, has the address. */
    boolean isForeign(Inet6Address address, String duid, int iaid, Instant now) {
        Binding6 there = byAddress.get(plain(address));
        return there != null && there.holds(now)
                && (there.state() == Binding6.State.DECLINED || !there.isOf(duid, iaid));
    }

    private boolean inPool(InetAddress address) {
        return link.from() != null && link.to() != null && number(address).compareTo(number(link.from())) >= 0
                && number(address).compareTo(number(link.to())) <= 0;
    }

    /**
     * The address that the client has or had, else the one that it wishes, else one that follows from its identity, so
     * that the choice is the same after the loss of all bindings.
     */
    Optional<Inet6Address> choose(String duid, int iaid, @Nullable Inet6Address wished, Instant now) {
        Optional<Inet6Address> own = of(duid, iaid).map(Binding6::address)
                .filter(address -> isFree(address, duid, iaid, now));
        if (own.isPresent()) {
            return own;
        }
        if (wished != null && isFree(wished, duid, iaid, now)) {
            return Optional.of(wished);
        }
        if (link.from() == null || link.to() == null) {
            return Optional.empty();
        }
        BigInteger first = number(link.from());
        BigInteger size = number(link.to()).subtract(first).add(BigInteger.ONE);
        var crc = new CRC32();
        crc.update(key(duid, iaid).getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        BigInteger start = BigInteger.valueOf(crc.getValue());
        int tries = size.min(BigInteger.valueOf(MOST_TRIES)).intValue();
        for (int step = 0; step < tries; step++) {
            Inet6Address candidate = address(first.add(start.add(BigInteger.valueOf(step)).mod(size)));
            if (isFree(candidate, duid, iaid, now)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    private static String key(String duid, int iaid) {
        return duid + '/' + Integer.toHexString(iaid);
    }

    private static BigInteger number(InetAddress address) {
        return new BigInteger(1, address.getAddress());
    }

    private static Inet6Address address(BigInteger number) {
        byte[] bytes = number.toByteArray();
        var sixteen = new byte[16];
        int length = Math.min(16, bytes.length);
        System.arraycopy(bytes, bytes.length - length, sixteen, 16 - length, length);
        return Options6.address(sixteen);
    }

    /** Without the scope: an address as it stands in a message. */
    private static Inet6Address plain(InetAddress address) {
        return Options6.address(address.getAddress());
    }
}
