package dev.kindling.pxe.dhcp6;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PoolUse;
import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.dhcp.Lease;
import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one IPv6 network. Changed by one thread; {@link #boundTo}, {@link #all} and {@link #use} may be
 * asked by any.
 */
final class Pool6 {
    /** A pool of a /64 has more addresses than anybody looks through for a free one. */
    private static final int MOST_TRIES = 65_536;
    /** Far more than the machines of one network. */
    private static final int MOST_KNOWN = 65_536;
    private static final BigInteger MOST = BigInteger.valueOf(Long.MAX_VALUE);

    private final Link6 link;
    private final Map<Inet6Address, Lease> byAddress = new ConcurrentHashMap<>();
    private final Map<String, Inet6Address> byClient = new ConcurrentHashMap<>();
    /** A search found nothing, and before this nothing becomes free by itself. */
    private Instant fullUntil = Instant.MIN;

    Pool6(Link6 link) {
        this.link = link;
    }

    Link6 link() {
        return link;
    }

    void put(Lease lease) {
        var address = (Inet6Address) lease.address();
        Lease former = byAddress.put(address, lease);
        if (former != null && !former.client().equals(lease.client())) {
            byClient.remove(former.client(), address);
        }
        if (lease.state() == Lease.State.DECLINED) {
            byClient.remove(lease.client(), address);
        } else {
            byClient.put(lease.client(), address);
        }
        if (lease.state() == Lease.State.RELEASED || lease.until().isBefore(fullUntil)) {
            fullUntil = Instant.MIN;
        }
    }

    /** What the client has or last had here. */
    Optional<Lease> of(String client) {
        Inet6Address address = byClient.get(client);
        return Optional.ofNullable(address == null ? null : byAddress.get(address));
    }

    Collection<Lease> all() {
        return byAddress.values();
    }

    PoolUse use(Instant now) {
        return Lease.use(link.address().getHostAddress() + "/" + link.prefixLength(), size().min(MOST).longValue(),
                byAddress.values(), this::inPool, now);
    }

    /** Addresses of the pool. */
    private BigInteger size() {
        return link.from() == null || link.to() == null
                ? BigInteger.ZERO
                : number(link.to()).subtract(number(link.from())).add(BigInteger.ONE);
    }

    Optional<MacAddress> boundTo(InetAddress address, Instant now) {
        Lease lease = address instanceof Inet6Address six ? byAddress.get(plain(six)) : null;
        return lease != null && lease.isBound(now) ? Optional.of(lease.mac()) : Optional.empty();
    }

    /** Whether the client may have the address. */
    boolean isFree(Inet6Address address, String client, Instant now) {
        return !isForeign(address, client, now) && inPool(address) && !address.equals(plain(link.address()));
    }

    /** Whether another client, or a stranger that was found there, has the address. */
    boolean isForeign(Inet6Address address, String client, Instant now) {
        Lease there = byAddress.get(plain(address));
        return there != null && there.holds(now)
                && (there.state() == Lease.State.DECLINED || !there.client().equals(client));
    }

    private boolean inPool(InetAddress address) {
        return link.from() != null && link.to() != null && number(address).compareTo(number(link.from())) >= 0
                && number(address).compareTo(number(link.to())) <= 0;
    }

    /**
     * The address that the client has or had, else the one that it wishes, else one that follows from its identity, so
     * that the choice is the same after the loss of all leases.
     */
    Optional<Inet6Address> choose(String client, @Nullable Inet6Address wished, Instant now) {
        Inet6Address own = byClient.get(client);
        if (own != null && isFree(own, client, now)) {
            return Optional.of(own);
        }
        if (link.from() == null || link.to() == null || isFull(now)) {
            return Optional.empty();
        }
        if (wished != null && isFree(wished, client, now)) {
            return Optional.of(wished);
        }
        BigInteger first = number(link.from());
        BigInteger size = size();
        var crc = new CRC32();
        crc.update(client.getBytes(StandardCharsets.US_ASCII));
        BigInteger start = BigInteger.valueOf(crc.getValue());
        int tries = size.min(BigInteger.valueOf(MOST_TRIES)).intValue();
        for (int step = 0; step < tries; step++) {
            Inet6Address candidate = address(first.add(start.add(BigInteger.valueOf(step)).mod(size)));
            if (isFree(candidate, client, now)) {
                return Optional.of(candidate);
            }
        }
        fullUntil = firstEnd(now);
        return Optional.empty();
    }

    /** Forgets what has ended where too much is known: forged requests must not fill the memory. */
    private boolean isFull(Instant now) {
        if (now.isBefore(fullUntil)) {
            return true;
        }
        if (byAddress.size() < MOST_KNOWN) {
            return false;
        }
        for (Lease lease : List.copyOf(byAddress.values())) {
            if (!lease.holds(now)) {
                byAddress.remove((Inet6Address) lease.address(), lease);
                byClient.remove(lease.client(), (Inet6Address) lease.address());
            }
        }
        boolean full = byAddress.size() >= MOST_KNOWN;
        fullUntil = full ? firstEnd(now) : Instant.MIN;
        return full;
    }

    private Instant firstEnd(Instant now) {
        return byAddress.values().stream().filter(lease -> lease.holds(now)).map(Lease::until)
                .min(Instant::compareTo).orElse(now);
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
