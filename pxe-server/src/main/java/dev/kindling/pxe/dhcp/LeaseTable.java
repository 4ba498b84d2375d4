package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PoolUse;
import dev.kindling.pxe.PxeConfig.Range;
import dev.kindling.pxe.PxeConfig.Subnet;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one network. Changed by one thread; {@link #boundTo}, {@link #all} and {@link #use} may be asked by
 * any. It grows with the addresses of the network, never with the machines that ask: forged requests do not fill the
 * memory.
 *
 * <p>
 * A machine is known by its MAC, not by its client identifier (RFC 2131 section 4.2 would prefer that): firmware, iPXE
 * and the installed system of one machine send three different identifiers, and have to get one address.
 */
final class LeaseTable {
    /** How long an answerless ARP request counts. */
    private static final Duration CHECK_COUNTS = Duration.ofMinutes(5);
    /** How many used addresses are looked at for the one that was left longest ago. */
    private static final int SAMPLE = 64;

    private final Subnet subnet;
    private final int network;
    private final int mask;
    private final int first;
    /** 0 where there is no pool. */
    private final int size;
    private final Set<InetAddress> neverGiven = new HashSet<>();
    private final Map<InetAddress, Lease> byAddress = new ConcurrentHashMap<>();
    private final Map<MacAddress, InetAddress> lastOf = new ConcurrentHashMap<>();
    private final Map<InetAddress, Instant> unanswered = new HashMap<>();
    /** Where the search through a crowded pool goes on, so that it does not pass the same addresses each time. */
    private int cursor;
    /** A search found nothing, and before this nothing becomes free by itself. */
    private Instant exhaustedUntil = Instant.MIN;

    /**
     * @param ours addresses of this server
     */
    LeaseTable(Subnet subnet, Collection<InetAddress> ours) {
        this.subnet = subnet;
        neverGiven.addAll(ours);
        neverGiven.addAll(subnet.dns());
        if (subnet.router() != null) {
            neverGiven.add(subnet.router());
        }
        mask = Ipv4.mask(subnet.prefixLength());
        network = Ipv4.value(subnet.network()) & mask;
        neverGiven.add(Ipv4.of(network));
        neverGiven.add(Ipv4.of(network | ~mask));
        Range range = subnet.range();
        first = range == null ? 0 : Ipv4.value(range.from());
        size = range == null ? 0 : Ipv4.value(range.to()) - first + 1;
    }

    Subnet subnet() {
        return subnet;
    }

    boolean inNetwork(InetAddress address) {
        return ((Ipv4.value(address) ^ network) & mask) == 0;
    }

    void put(Lease lease) {
        Lease former = byAddress.put(lease.address(), lease);
        if (former != null && !former.mac().equals(lease.mac())) {
            lastOf.remove(former.mac(), lease.address());
        }
        if (lease.state() == Lease.State.DECLINED) {
            lastOf.remove(lease.mac(), lease.address());
            unanswered.remove(lease.address());
        } else {
            lastOf.put(lease.mac(), lease.address());
        }
        if (lease.state() == Lease.State.RELEASED || lease.until().isBefore(exhaustedUntil)) {
            exhaustedUntil = Instant.MIN;
        }
    }

    @Nullable
    Lease at(InetAddress address) {
        return byAddress.get(address);
    }

    /** What the machine has or last had here. */
    @Nullable
    Lease of(MacAddress mac) {
        InetAddress address = lastOf.get(mac);
        Lease lease = address == null ? null : byAddress.get(address);
        return lease != null && lease.mac().equals(mac) ? lease : null;
    }

    Collection<Lease> all() {
        return byAddress.values();
    }

    PoolUse use(Instant now) {
        long outside = neverGiven.stream().filter(this::inPool).count();
        return Lease.use(subnet.toString(), size - outside, byAddress.values(), this::inPool, now);
    }

    /** The machine that holds an acknowledged, unexpired lease on the address. */
    Optional<MacAddress> boundTo(InetAddress address, Instant now) {
        Lease lease = at(address);
        return lease != null && lease.isBound(now) ? Optional.of(lease.mac()) : Optional.empty();
    }

    /** Whether another machine, or a stranger that was found there, has the address. */
    boolean isForeign(InetAddress address, MacAddress mac, Instant now) {
        Lease lease = at(address);
        return lease != null && lease.holds(now)
                && (lease.state() == Lease.State.DECLINED || !lease.mac().equals(mac));
    }

    /** Whether the machine may have this address of the pool. */
    boolean isFree(InetAddress address, MacAddress mac, Predicate<InetAddress> reserved, Instant now) {
        return inPool(address) && !isForeign(address, mac, now) && !neverGiven.contains(address)
                && !reserved.test(address);
    }

    boolean inPool(InetAddress address) {
        return Integer.compareUnsigned(Ipv4.value(address) - first, size) < 0;
    }

    /** Notes that nobody answered when it was asked who uses the address. */
    void unanswered(Inet4Address address, Instant now) {
        unanswered.put(address, now);
    }

    /** Whether somebody else may use the address without our knowing. */
    boolean isUnchecked(Inet4Address address, MacAddress mac, Instant now) {
        Lease lease = byAddress.get(address);
        if (lease != null && lease.isBound(now) && lease.mac().equals(mac)) {
            return false;
        }
        Instant asked = unanswered.get(address);
        return asked == null || asked.plus(CHECK_COUNTS).isBefore(now);
    }

    /**
     * An address of the pool: the one that the machine has or had, else the one that it asks for, else one that follows
     * from its MAC, so that the choice is the same after the loss of all leases. An address that nobody had before goes
     * before one that somebody may come back for.
     *
     * @param wanted option 50
     */
    Optional<Inet4Address> choose(MacAddress mac, @Nullable Inet4Address wanted, Predicate<InetAddress> reserved,
            Instant now) {
        Lease own = of(mac);
        if (own != null && own.address() instanceof Inet4Address former && isFree(former, mac, reserved, now)) {
            return Optional.of(former);
        }
        if (wanted != null && isFree(wanted, mac, reserved, now)) {
            return Optional.of(wanted);
        }
        if (size == 0 || now.isBefore(exhaustedUntil)) {
            return Optional.empty();
        }
        Inet4Address near = search((int) (hash(mac) % size), Math.min(SAMPLE, size), mac, reserved, now);
        if (near == null) {
            near = search(cursor, size, mac, reserved, now);
            cursor = near == null ? cursor : Ipv4.value(near) - first;
        }
        if (near == null) {
            exhaustedUntil = byAddress.values().stream().filter(lease -> lease.holds(now) && inPool(lease.address()))
                    .map(Lease::until).min(Instant::compareTo).orElse(now);
        }
        return Optional.ofNullable(near);
    }

    /** The first address that nobody had; else of those that are free, and not far apart, the one left longest ago. */
    private @Nullable Inet4Address search(int start, int most, MacAddress mac, Predicate<InetAddress> reserved,
            Instant now) {
        Inet4Address oldest = null;
        Instant left = Instant.MAX;
        int end = most;
        for (int step = 0; step < end; step++) {
            Inet4Address candidate = Ipv4.of(first + (int) (((long) start + step) % size));
            if (isFree(candidate, mac, reserved, now)) {
                Lease former = byAddress.get(candidate);
                if (former == null) {
                    return candidate;
                }
                if (oldest == null) {
                    end = Math.min(most, step + SAMPLE);
                }
                if (former.until().isBefore(left)) {
                    oldest = candidate;
                    left = former.until();
                }
            }
        }
        return oldest;
    }

    private static long hash(MacAddress mac) {
        var crc = new CRC32();
        crc.update(mac.bytes());
        return crc.getValue();
    }
}
