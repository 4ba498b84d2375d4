package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Range;
import dev.kindling.pxe.PxeConfig.Subnet;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The addresses of one network. Changed by one thread; {@link #boundTo} may be asked by any.
 *
 * <p>
 * A machine is known by its MAC, not by its client identifier (RFC 2131 section 4.2 would prefer that): firmware, iPXE
 * and the installed system of one machine send three different identifiers, and have to get one address.
 */
final class LeaseTable {
    private final Subnet subnet;
    private final int network;
    private final int mask;
    private final Set<InetAddress> neverGiven = new HashSet<>();
    private final Map<Inet4Address, Lease> byAddress = new ConcurrentHashMap<>();
    private final Map<MacAddress, Inet4Address> lastOf = new ConcurrentHashMap<>();

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
    }

    Subnet subnet() {
        return subnet;
    }

    boolean inNetwork(InetAddress address) {
        return ((Ipv4.value(address) ^ network) & mask) == 0;
    }

    void put(Lease lease) {
        byAddress.put(lease.address(), lease);
        if (lease.state() == Lease.State.DECLINED) {
            lastOf.remove(lease.mac(), lease.address());
        } else {
            lastOf.put(lease.mac(), lease.address());
        }
    }

    @Nullable
    Lease at(InetAddress address) {
        return address instanceof Inet4Address four ? byAddress.get(four) : null;
    }

    /** What the machine has or last had here. */
    @Nullable
    Lease of(MacAddress mac) {
        Inet4Address address = lastOf.get(mac);
        Lease lease = address == null ? null : byAddress.get(address);
        return lease != null && lease.mac().equals(mac) ? lease : null;
    }

    Collection<Lease> all() {
        return byAddress.values();
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
    boolean isFree(Inet4Address address, MacAddress mac, Predicate<InetAddress> reserved, Instant now) {
        return inPool(address) && !neverGiven.contains(address) && !isForeign(address, mac, now)
                && !reserved.test(address);
    }

    private boolean inPool(Inet4Address address) {
        Range range = subnet.range();
        return range != null && Integer.compareUnsigned(Ipv4.value(address), Ipv4.value(range.from())) >= 0
                && Integer.compareUnsigned(Ipv4.value(address), Ipv4.value(range.to())) <= 0;
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
        if (own != null && isFree(own.address(), mac, reserved, now)) {
            return Optional.of(own.address());
        }
        if (wanted != null && isFree(wanted, mac, reserved, now)) {
            return Optional.of(wanted);
        }
        Range range = subnet.range();
        if (range == null) {
            return Optional.empty();
        }
        int first = Ipv4.value(range.from());
        int size = Ipv4.value(range.to()) - first + 1;
        int start = (int) (hash(mac) % size);
        Lease oldest = null;
        for (int step = 0; step < size; step++) {
            Inet4Address candidate = Ipv4.of(first + (int) (((long) start + step) % size));
            if (isFree(candidate, mac, reserved, now)) {
                Lease former = byAddress.get(candidate);
                if (former == null) {
                    return Optional.of(candidate);
                }
                oldest = oldest == null || former.until().isBefore(oldest.until()) ? former : oldest;
            }
        }
        return oldest == null ? Optional.empty() : Optional.of(oldest.address());
    }

    private static long hash(MacAddress mac) {
        var crc = new CRC32();
        crc.update(mac.bytes());
        return crc.getValue();
    }
}
