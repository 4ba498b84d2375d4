package dev.kindling.engine.definition;

import static dev.kindling.engine.definition.Format.OfAddressing;
import static dev.kindling.engine.definition.Format.OfNetwork;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Addressing;
import dev.kindling.engine.model.Cidr;
import dev.kindling.engine.model.Network;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges networks and addresses, and makes the model's of them. */
final class NetworkReader {
    private static final Cidr LOOPBACK = Cidr.parse("127.0.0.0/8");
    private static final List<Cidr> NOT_FOR_MACHINES = List.of(Cidr.parse("0.0.0.0/8"), Cidr.parse("169.254.0.0/16"),
            Cidr.parse("224.0.0.0/3"), Cidr.parse("fe80::/10"), Cidr.parse("ff00::/8"));

    private final List<GroupValue> networks;
    private final boolean firstIsReadable;
    /** Networks and pools that were reported; what is said about them further would follow from that. */
    private final Set<GroupValue> unusable = new HashSet<>();
    private final Set<GroupValue> unusablePools = new HashSet<>();
    private final GroupValue addressing;
    private final Problems problems;

    NetworkReader(GroupValue spec, Problems problems) {
        List<At<GroupValue>> items = spec.items(Format.OfSpec.NETWORKS);
        this.networks = items.stream().map(At::value).toList();
        this.firstIsReadable = !items.isEmpty() && items.getFirst().place().path().endsWith("[0]");
        this.addressing = spec.group(Format.OfSpec.ADDRESSING);
        this.problems = problems;
    }

    static boolean isLoopback(Cidr cidr) {
        return LOOPBACK.contains(cidr.network());
    }

    /** Reports everything that is wrong with networks and addresses. */
    void check() {
        for (int i = 0; i < networks.size(); i++) {
            checkNetwork(networks.get(i), firstIsReadable && i == 0);
        }
        checkNames();
        checkPorts();
        checkNeighbours();
        checkClusterNetworks();
        if (firstIsReadable) {
            checkVipAndRange(networks.getFirst());
        }
    }

    private void checkNetwork(GroupValue network, boolean provisioning) {
        At<Cidr> cidr = network.at(OfNetwork.CIDR);
        if (provisioning && !network.states(OfNetwork.BOOT_SERVER)) {
            problems.add(ProblemCode.BOOT_SERVER_MISSING, network.place().below("bootServer"),
                    "the first network has no 'bootServer'", "the address that this computer has on it");
        }
        if (cidr == null) {
            return;
        }
        if (!usable(cidr, provisioning)) {
            unusable.add(network);
            return;
        }
        At<InetAddress> gateway = network.at(OfNetwork.GATEWAY);
        At<InetAddress> bootServer = network.at(OfNetwork.BOOT_SERVER);
        checkHost(gateway, cidr.value(), ProblemCode.GATEWAY_OUTSIDE_NETWORK);
        checkHost(bootServer, cidr.value(), ProblemCode.BOOT_SERVER_OUTSIDE_NETWORK);
        At<AddressRange> pool = network.at(OfNetwork.POOL);
        if (pool == null) {
            return;
        }
        if (!isHost(pool.value().from(), cidr.value()) || !isHost(pool.value().to(), cidr.value())) {
            problems.add(ProblemCode.POOL_OUTSIDE_NETWORK, pool.place(),
                    pool.value() + " is not inside of " + cidr.value(), hosts(cidr.value()));
            unusablePools.add(network);
            return;
        }
        checkNotIn(pool, gateway, "the gateway");
        checkNotIn(pool, bootServer, "the boot server");
    }

    private void checkHost(@Nullable At<InetAddress> address, Cidr cidr, ProblemCode code) {
        if (address != null && !isHost(address.value(), cidr)) {
            problems.add(code, address.place(), text(address.value()) + " is not a host of " + cidr, hosts(cidr));
        }
    }

    private void checkNotIn(At<AddressRange> pool, @Nullable At<InetAddress> address, String owner) {
        if (address != null && pool.value().contains(address.value())) {
            problems.add(ProblemCode.POOL_HOLDS_RESERVED, pool.place(),
                    pool.value() + " holds " + text(address.value()) + ", " + owner,
                    "a range without " + text(address.value()));
        }
    }

    private boolean usable(At<Cidr> cidr, boolean provisioning) {
        Cidr network = cidr.value();
        boolean v4 = network.network() instanceof Inet4Address;
        int shortest = v4 ? 8 : 16;
        int longest = v4 ? 30 : 126;
        if (network.prefixLength() < shortest || network.prefixLength() > longest) {
            problems.add(ProblemCode.NETWORK_UNUSABLE, cidr.place(), network + " has the wrong size for machines",
                    "a prefix length from " + shortest + " to " + longest);
            return false;
        }
        if (NOT_FOR_MACHINES.stream().anyMatch(special -> special.contains(network.network()))) {
            problems.add(ProblemCode.NETWORK_UNUSABLE, cidr.place(),
                    network + " is a network of special purpose (RFC 6890)", "a network for machines");
            return false;
        }
        if (provisioning && !v4) {
            problems.add(ProblemCode.IPV6_PROVISIONING_NOT_YET, cidr.place(), network + " is IPv6",
                    "an IPv4 network first");
        }
        if (!provisioning && isLoopback(network)) {
            problems.add(ProblemCode.LOOPBACK_NETWORK, cidr.place(), network + " is a loopback network",
                    "a network outside of 127.0.0.0/8");
            return false;
        }
        return true;
    }

    private void checkNames() {
        Map<String, Place> names = new HashMap<>();
        Map<String, Place> bridges = new HashMap<>();
        for (GroupValue network : networks) {
            once(names, network.at(OfNetwork.NAME), ProblemCode.NAME_DUPLICATE, "network");
            once(bridges, network.at(OfNetwork.BRIDGE), ProblemCode.BRIDGE_DUPLICATE, "bridge");
        }
    }

    private void once(Map<String, Place> seen, @Nullable At<String> name, ProblemCode code, String what) {
        if (name == null) {
            return;
        }
        Place first = seen.putIfAbsent(name.value(), name.place());
        if (first != null) {
            problems.add(code, name.place(), "the " + what + " '" + name.value() + "' was named before: "
                    + first.withLine(), "each " + what + " once");
        }
    }

    private void checkPorts() {
        Map<String, GroupValue> users = new HashMap<>();
        for (GroupValue network : networks) {
            if (network.broken(OfNetwork.PORTS) || network.broken(OfNetwork.BOND)) {
                continue;
            }
            Shape.Items<String> ports = network.get(OfNetwork.PORTS);
            At<Network.Bond> bond = network.at(OfNetwork.BOND);
            int count = ports == null ? 0 : ports.written();
            if (bond != null && count < 2) {
                problems.add(ProblemCode.BOND_PORTS, bond.place(),
                        count == 0 ? "there is a bond without 'ports'" : "there is a bond of one port",
                        "two or more ports");
            } else if (bond == null && count > 1 && !network.states(OfNetwork.BRIDGE)) {
                problems.add(ProblemCode.PORTS_WITHOUT_BOND, network.placeOf(OfNetwork.PORTS),
                        "there are " + count + " ports, no bond and no bridge", "a bond or a bridge over them");
            }
            Set<String> own = new HashSet<>();
            boolean reported = false;
            for (At<String> port : network.items(OfNetwork.PORTS)) {
                if (!own.add(port.value())) {
                    problems.add(ProblemCode.PORT_DUPLICATE, port.place(), "'" + port.value() + "' is listed twice",
                            "each port once");
                    continue;
                }
                GroupValue other = users.putIfAbsent(port.value(), network);
                if (other != null && !reported && !sameAttachment(other, network)) {
                    reported = true;
                    problems.add(ProblemCode.PORT_CONFLICT, port.place(),
                            "'" + port.value() + "' is combined differently in "
                                    + other.placeOf(OfNetwork.PORTS).withLine(),
                            "the same ports and the same bond in both networks");
                }
            }
        }
    }

    private static boolean sameAttachment(GroupValue a, GroupValue b) {
        return a.get(OfNetwork.BOND) == b.get(OfNetwork.BOND) && portsOf(a).equals(portsOf(b));
    }

    private static Set<String> portsOf(GroupValue network) {
        Set<String> ports = new HashSet<>();
        network.items(OfNetwork.PORTS).forEach(port -> ports.add(port.value()));
        return ports;
    }

    /** Networks are few: each is compared with each. */
    private void checkNeighbours() {
        for (int later = 1; later < networks.size(); later++) {
            for (int earlier = 0; earlier < later; earlier++) {
                if (clash(networks.get(earlier), networks.get(later))) {
                    break;
                }
            }
        }
    }

    private boolean clash(GroupValue earlier, GroupValue later) {
        At<Cidr> a = cidr(earlier);
        At<Cidr> b = cidr(later);
        if (a == null || b == null) {
            return false;
        }
        if (a.value().overlaps(b.value())) {
            problems.add(ProblemCode.NETWORK_OVERLAP, b.place(),
                    b.value() + " overlaps " + a.value() + " of " + a.place().withLine(),
                    "networks without common addresses");
            return true;
        }
        // An IPv4 and an IPv6 network on one VLAN are the usual dual stack.
        boolean sameFamily = a.value().network().getClass() == b.value().network().getClass();
        boolean vlansKnown = !earlier.broken(OfNetwork.VLAN) && !later.broken(OfNetwork.VLAN);
        Integer vlan = later.get(OfNetwork.VLAN);
        boolean sameVlan = Objects.equals(earlier.get(OfNetwork.VLAN), vlan);
        if (!sameFamily || !vlansKnown || !sameVlan || !sharePorts(earlier, later)) {
            return false;
        }
        problems.add(ProblemCode.VLAN_DUPLICATE, later.placeOf(OfNetwork.VLAN),
                (vlan == null ? "two networks are untagged" : "VLAN " + vlan + " is used before") + ": "
                        + earlier.placeOf(OfNetwork.VLAN).withLine(),
                "a VLAN of its own for each network of a port");
        return true;
    }

    private static boolean sharePorts(GroupValue a, GroupValue b) {
        Set<String> ports = portsOf(a);
        Set<String> others = portsOf(b);
        return ports.isEmpty() || others.isEmpty() || others.stream().anyMatch(ports::contains);
    }

    private void checkClusterNetworks() {
        if (addressing.broken(OfAddressing.POD_CIDR) || addressing.broken(OfAddressing.SERVICE_CIDR)) {
            return;
        }
        Cidr pods = podCidr();
        Cidr services = serviceCidr();
        boolean podsStated = addressing.states(OfAddressing.POD_CIDR);
        boolean servicesStated = addressing.states(OfAddressing.SERVICE_CIDR);
        if (pods.overlaps(services)) {
            Field<Cidr> blamed = servicesStated || !podsStated ? OfAddressing.SERVICE_CIDR : OfAddressing.POD_CIDR;
            problems.add(ProblemCode.CIDR_OVERLAP, addressing.placeOf(blamed),
                    "podCidr " + pods + given(podsStated) + " and serviceCidr " + services + given(servicesStated)
                            + " overlap",
                    "networks without common addresses");
        }
        for (GroupValue network : networks) {
            At<Cidr> cidr = cidr(network);
            if (cidr != null) {
                notAMachineNetwork("podCidr", pods, podsStated, OfAddressing.POD_CIDR, cidr);
                notAMachineNetwork("serviceCidr", services, servicesStated, OfAddressing.SERVICE_CIDR, cidr);
            }
        }
    }

    private void notAMachineNetwork(String name, Cidr cidr, boolean stated, Field<Cidr> field, At<Cidr> network) {
        if (cidr.overlaps(network.value())) {
            problems.add(ProblemCode.CIDR_OVERLAP, stated ? addressing.placeOf(field) : network.place(),
                    name + " " + cidr + given(stated) + " overlaps " + network.value() + " of "
                            + network.place().withLine(),
                    "networks without common addresses");
        }
    }

    private static String given(boolean stated) {
        return stated ? "" : " (the default)";
    }

    private void checkVipAndRange(GroupValue network) {
        At<Cidr> cidr = cidr(network);
        At<AddressRange> pool = pool(network);
        At<InetAddress> vip = addressing.at(OfAddressing.VIP);
        At<AddressRange> range = addressing.at(OfAddressing.LOAD_BALANCER_RANGE);
        InetAddress gateway = network.get(OfNetwork.GATEWAY);
        InetAddress bootServer = network.get(OfNetwork.BOOT_SERVER);
        if (vip != null) {
            if (cidr != null && !isHost(vip.value(), cidr.value())) {
                problems.add(ProblemCode.VIP_OUTSIDE_NETWORK, vip.place(),
                        text(vip.value()) + " is not a host of " + cidr.value(), hosts(cidr.value()));
            } else if (pool != null && pool.value().contains(vip.value())) {
                problems.add(ProblemCode.VIP_IN_POOL, vip.place(),
                        text(vip.value()) + " is inside of the pool " + pool.value() + " of " + pool.place().withLine(),
                        "an address outside of the pool");
            } else if (vip.value().equals(gateway) || vip.value().equals(bootServer)) {
                problems.add(ProblemCode.ADDRESS_RESERVED, vip.place(),
                        text(vip.value()) + " is " + (vip.value().equals(gateway) ? "the gateway" : "the boot server"),
                        "an address that nothing else has");
            }
        }
        if (range == null) {
            return;
        }
        String overlapped = null;
        if (pool != null && pool.value().overlaps(range.value())) {
            overlapped = "the pool " + pool.value() + " of " + pool.place().withLine();
        } else if (vip != null && range.value().contains(vip.value())) {
            overlapped = "the VIP " + text(vip.value());
        } else if (gateway != null && range.value().contains(gateway)) {
            overlapped = "the gateway " + text(gateway);
        } else if (bootServer != null && range.value().contains(bootServer)) {
            overlapped = "the boot server " + text(bootServer);
        } else if (cidr != null && !overlaps(range.value(), cidr.value())
                && (overlaps(range.value(), podCidr()) || overlaps(range.value(), serviceCidr()))) {
            overlapped = "the addresses of pods or services";
        }
        if (overlapped != null) {
            problems.add(ProblemCode.RANGE_OVERLAP, range.place(), range.value() + " overlaps " + overlapped,
                    "addresses that nothing else uses");
        }
    }

    private static boolean overlaps(AddressRange range, Cidr cidr) {
        return cidr.contains(range.from()) || cidr.contains(range.to()) || range.contains(cidr.network());
    }

    private Cidr podCidr() {
        return addressing.get(OfAddressing.POD_CIDR, Cidr.parse(OfAddressing.DEFAULT_PODS));
    }

    private Cidr serviceCidr() {
        return addressing.get(OfAddressing.SERVICE_CIDR, Cidr.parse(OfAddressing.DEFAULT_SERVICES));
    }

    private @Nullable At<Cidr> cidr(GroupValue network) {
        return unusable.contains(network) ? null : network.at(OfNetwork.CIDR);
    }

    private @Nullable At<AddressRange> pool(GroupValue network) {
        return unusablePools.contains(network) ? null : network.at(OfNetwork.POOL);
    }

    /** The provisioning network; null where it cannot be read. To be asked after {@link #check}. */
    @Nullable
    At<Cidr> provisioningCidr() {
        return firstIsReadable ? cidr(networks.getFirst()) : null;
    }

    /** Who owns which address of the provisioning network; null where that cannot be read. */
    @Nullable
    Reservations reservations() {
        At<Cidr> cidr = provisioningCidr();
        if (cidr == null) {
            return null;
        }
        GroupValue network = networks.getFirst();
        At<AddressRange> pool = pool(network);
        Reservations reservations = new Reservations(cidr.value(), pool == null ? null : pool.value(),
                addressing.get(OfAddressing.LOAD_BALANCER_RANGE));
        reservations.reserve(network.get(OfNetwork.GATEWAY), "the gateway");
        reservations.reserve(network.get(OfNetwork.BOOT_SERVER), "the boot server");
        reservations.reserve(addressing.get(OfAddressing.VIP), "the VIP of the control plane");
        network.items(OfNetwork.DNS).forEach(server -> reservations.reserve(server.value(), "a name server"));
        return reservations;
    }

    /** Only for a definition without errors. */
    List<Network> networks() {
        List<Network> models = new ArrayList<>();
        for (GroupValue network : networks) {
            Network.Attachment attachment = new Network.Attachment(network.get(OfNetwork.BOND),
                    network.get(OfNetwork.BRIDGE), network.items(OfNetwork.PORTS).stream().map(At::value).toList());
            models.add(new Network(ModelReader.present(network, OfNetwork.NAME),
                    ModelReader.present(network, OfNetwork.CIDR), network.get(OfNetwork.VLAN),
                    network.get(OfNetwork.GATEWAY),
                    network.items(OfNetwork.DNS).stream().map(At::value).toList(), network.get(OfNetwork.DOMAIN),
                    network.get(OfNetwork.BOOT_SERVER), network.get(OfNetwork.POOL),
                    network.get(OfNetwork.ISOLATED, false), attachment));
        }
        return models;
    }

    Addressing addressing() {
        return new Addressing(addressing.get(OfAddressing.VIP), addressing.get(OfAddressing.LOAD_BALANCER_RANGE),
                podCidr(), serviceCidr());
    }

    private static boolean isHost(InetAddress address, Cidr cidr) {
        return cidr.contains(address) && !address.equals(cidr.network()) && !address.equals(cidr.last());
    }

    private static String hosts(Cidr cidr) {
        return "an address of " + cidr + ", neither the first nor the last";
    }

    static String text(InetAddress address) {
        return address.getHostAddress();
    }
}
