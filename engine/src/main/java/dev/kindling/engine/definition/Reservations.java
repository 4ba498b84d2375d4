package dev.kindling.engine.definition;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Cidr;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who owns which address of the provisioning network, and which one a machine without an address gets.
 *
 * <p>
 * The rule: in the order of the definition, each machine without an address gets the lowest free address, counted from
 * the eleventh of the network on (10.77.0.11 in 10.77.0.0/24); where these are used up, from the first to the tenth.
 * Not free are the network's first and last address, the DHCP pool, the load-balancer range, the VIP, the gateway, the
 * boot server, name servers, and each address that some machine states.
 */
final class Reservations {
    /** The first ten addresses are where routers and servers usually are. */
    private static final int FIRST_HOST = 11;

    private final Cidr network;
    private final @Nullable AddressRange pool;
    private final @Nullable AddressRange loadBalancers;
    private final Map<InetAddress, String> owners = new HashMap<>();
    private final Map<InetAddress, Place> stated = new HashMap<>();
    private final List<AddressRange> kept = new ArrayList<>();
    private final Map<AddressRange, Long> cursors = new HashMap<>();
    /** Assigned out of kept ranges, which may overlap. */
    private final Set<InetAddress> given = new HashSet<>();
    private final BigInteger base;
    private final long last;
    private long next = FIRST_HOST;
    private boolean wrapped;

    Reservations(Cidr network, @Nullable AddressRange pool, @Nullable AddressRange loadBalancers) {
        this.network = network;
        this.pool = pool;
        this.loadBalancers = loadBalancers;
        this.base = new BigInteger(1, network.network().getAddress());
        // bounded, so that it is a number for IPv6 too
        this.last = (1L << Math.min(network.network().getAddress().length * 8 - network.prefixLength(), 32)) - 1;
    }

    /** Gives an address to something that is no machine. {@code owner}: "the gateway". */
    void reserve(@Nullable InetAddress address, String owner) {
        if (address != null) {
            owners.putIfAbsent(address, owner);
        }
    }

    /** A machine states this address; gives the place where another one did before, if any. */
    @Nullable
    Place take(At<InetAddress> address) {
        return stated.putIfAbsent(address.value(), address.place());
    }

    Cidr network() {
        return network;
    }

    /** What the address is; null where a machine may have it. Not asked about the pool. */
    @Nullable
    String owner(InetAddress address) {
        if (address.equals(network.network())) {
            return "the address of the network itself";
        }
        if (address.equals(network.last())) {
            return "the broadcast address";
        }
        String owner = owners.get(address);
        if (owner == null && loadBalancers != null && loadBalancers.contains(address)) {
            return "in the load-balancer range " + loadBalancers;
        }
        return owner;
    }

    boolean inPool(InetAddress address) {
        return pool != null && pool.contains(address);
    }

    /** Addresses of a pool: only machines of that pool are assigned them. */
    void keep(@Nullable AddressRange range) {
        if (range != null && cursors.putIfAbsent(range, offset(range.from())) == null) {
            kept.add(range);
        }
    }

    /**
     * Assigns the next free address; null where there is none left.
     *
     * @param own the range that it must be of, which was kept before; null: any that is not kept
     */
    @Nullable
    InetAddress assign(@Nullable AddressRange own) {
        return own == null ? assignAnywhere() : assignOf(own);
    }

    private @Nullable InetAddress assignOf(AddressRange own) {
        long end = offset(own.to());
        long offset = cursors.getOrDefault(own, offset(own.from()));
        InetAddress found = null;
        while (found == null && offset <= end) {
            InetAddress address = address(offset++);
            boolean free = owner(address) == null && !inPool(address) && !stated.containsKey(address);
            found = free && given.add(address) ? address : null;
        }
        cursors.put(own, offset);
        return found;
    }

    private @Nullable AddressRange keptAround(InetAddress address) {
        for (AddressRange range : kept) {
            if (range.contains(address)) {
                return range;
            }
        }
        return null;
    }

    private @Nullable InetAddress assignAnywhere() {
        while (true) {
            long end = wrapped ? Math.min(FIRST_HOST, last) : last;
            if (next >= end) {
                if (wrapped) {
                    return null;
                }
                wrapped = true;
                next = 1;
                continue;
            }
            InetAddress address = address(next);
            next++;
            AddressRange others = keptAround(address);
            if (pool != null && pool.contains(address)) {
                next = Math.max(next, offset(pool.to()) + 1);
            } else if (loadBalancers != null && loadBalancers.contains(address)) {
                next = Math.max(next, offset(loadBalancers.to()) + 1);
            } else if (others != null) {
                next = Math.max(next, offset(others.to()) + 1);
            } else if (!owners.containsKey(address) && !stated.containsKey(address)) {
                return address;
            }
        }
    }

    private long offset(InetAddress address) {
        return new BigInteger(1, address.getAddress()).subtract(base).min(BigInteger.valueOf(last)).longValueExact();
    }

    private InetAddress address(long offset) {
        byte[] number = base.add(BigInteger.valueOf(offset)).toByteArray();
        byte[] bytes = new byte[network.network().getAddress().length];
        int length = Math.min(number.length, bytes.length);
        System.arraycopy(number, number.length - length, bytes, bytes.length - length, length);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }
}
