package dev.kindling.tui.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.net.TrafficCapture;
import dev.kindling.pxe.standalone.Interfaces;
import dev.kindling.tui.cli.Refusal;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The networks that {@link ServeCommand}'s options mean, on the interfaces as they are.
 *
 * @param devices what a capture listens to
 * @param remarks for people
 */
record ServedNetworks(List<Link> links, List<Link6> links6, List<Subnet> relayed, List<TrafficCapture.Device> devices,
        List<String> remarks) {
    /** For an interface without IPv4. */
    private static final Inet4Address NO_ADDRESS = (Inet4Address) InetAddress.ofLiteral("0.0.0.0");

    /**
     * Matches options and interfaces.
     *
     * @throws IOException if an interface is missing, down, or has no address; the message says which, and what to do
     * @throws Refusal if the options do not fit each other or the interfaces
     */
    static ServedNetworks of(ServeCommand options) throws IOException {
        var reading = new Reading(options);
        for (String name : options.interfaces) {
            // whether it is there and up
            var _ = Interfaces.ipv4(name);
        }
        List<Link6> links6 = reading.links6();
        List<Link> links = reading.links(links6);
        List<Subnet> relayed = reading.relayed();
        reading.checkNameServers(links, links6);
        return new ServedNetworks(links, links6, relayed, reading.devices, reading.remarks);
    }

    /** Our own addresses. */
    List<InetAddress> addresses() {
        return Stream.concat(links.stream().map(Link::address), links6.stream().map(Link6::address)).toList();
    }

    /** One of our own addresses as it is written in a URL. */
    String host() {
        InetAddress first = addresses().stream().filter(address -> !address.isAnyLocalAddress()).findFirst()
                .orElse(NO_ADDRESS);
        String text = first.getHostAddress().replaceFirst("%.*", "");
        return first instanceof Inet6Address ? "[" + text + "]" : text;
    }

    private static final class Reading {
        private final ServeCommand options;
        private final List<InetAddress> dns4;
        private final List<InetAddress> dns6;
        private final List<TrafficCapture.Device> devices = new ArrayList<>();
        private final List<String> remarks = new ArrayList<>();

        Reading(ServeCommand options) {
            this.options = options;
            this.dns4 = options.dns.stream().filter(Inet4Address.class::isInstance).toList();
            this.dns6 = options.dns.stream().filter(Inet6Address.class::isInstance).toList();
        }

        /** Each interface with the pool and the router that are in its network. */
        List<Link> links(List<Link6> links6) throws IOException {
            var links = new ArrayList<Link>();
            var pools = new ArrayList<>(options.ranges);
            var gateways = new ArrayList<>(options.routers);
            for (String name : options.interfaces) {
                List<Interfaces.Address> addresses = Interfaces.ipv4(name);
                if (addresses.isEmpty()) {
                    if (links6.stream().noneMatch(link -> link.interfaceName().equals(name))) {
                        throw new IOException("the interface %s has no IPv4 address. Give it one: ip address add "
                                .formatted(name)
                                + "192.168.77.1/24 dev %s; or serve it by IPv6: --ipv6-range FROM-TO"
                                        .formatted(name));
                    }
                    devices.add(new TrafficCapture.Device(name, NO_ADDRESS));
                    remarks.add(name + " has no IPv4 address: it is served by IPv6 only");
                    continue;
                }
                var own = addresses.stream()
                        .filter(address -> pools.stream().anyMatch(pool -> address.reaches(pool.from())))
                        .findFirst().orElse(addresses.getFirst());
                var pool = pools.stream().filter(each -> own.reaches(each.from())).findFirst().orElse(null);
                var router = gateways.stream().filter(own::reaches).findFirst().orElse(null);
                pools.remove(pool);
                gateways.remove(router);
                // on loopback nothing is broadcast: replies go back to where the request came from
                links.add(new Link(own.address().isLoopbackAddress() ? null : name, own.address(),
                        subnet(own.address(), own.prefixLength(), pool, router)));
                devices.add(new TrafficCapture.Device(name, own.address()));
            }
            if (!pools.isEmpty()) {
                throw Refusal.badUse("--range %s-%s is in the network of no interface that is served".formatted(
                        pools.getFirst().from().getHostAddress(), pools.getFirst().to().getHostAddress()),
                        "ip address lists the networks");
            }
            if (!gateways.isEmpty()) {
                throw Refusal.badUse("--router %s is in the network of no interface that is served"
                        .formatted(gateways.getFirst().getHostAddress()), "ip address lists the networks");
            }
            if (links.isEmpty() && options.mode == Mode.PROXY) {
                throw Refusal.badUse("--mode proxy needs an IPv4 address on the interface: there is no ProxyDHCP by"
                        + " IPv6", "ip address add ADDRESS/24 dev " + options.interfaces.getFirst());
            }
            return links;
        }

        private Subnet subnet(Inet4Address network, int prefixLength, Addresses.@Nullable Range pool,
                @Nullable Inet4Address router) {
            Subnet subnet = Subnet.of(network, prefixLength).withRouter(router).withDns(dns4)
                    .withDomain(options.domain).withLeaseTime(options.leaseTime);
            return pool == null ? subnet : subnet.withRange(pool.from(), pool.to());
        }

        /** Each IPv6 pool with the interface that has an address in its network. */
        List<Link6> links6() throws IOException {
            if (options.routerAdvertisements && options.ranges6.isEmpty()) {
                throw Refusal.badUse("--router-advertisements needs --ipv6-range",
                        "--ipv6-range FROM-TO says which addresses DHCPv6 gives");
            }
            var links = new ArrayList<Link6>();
            var served = new HashSet<String>();
            for (Addresses.Range6 pool : options.ranges6) {
                Link6 link = link6(pool);
                if (!served.add(link.interfaceName())) {
                    throw Refusal.badUse(
                            "--ipv6-range %s is the second one on %s".formatted(pool, link.interfaceName()),
                            "one pool for each interface");
                }
                links.add(link);
            }
            return links;
        }

        private Link6 link6(Addresses.Range6 pool) throws IOException {
            for (String name : options.interfaces) {
                for (Interfaces.Address6 own : Interfaces.addresses6(name)) {
                    if (own.reaches(pool.from())) {
                        return new Link6(name, own.address(), own.prefixLength(), pool.from(), pool.to(), dns6,
                                options.domain, options.leaseTime, options.routerAdvertisements);
                    }
                }
            }
            throw Refusal.badUse("--ipv6-range %s is in the network of no interface that is served".formatted(pool),
                    "ip -6 address lists the networks; ip -6 address add ADDRESS/64 dev %s gives an interface one"
                            .formatted(options.interfaces.getFirst()));
        }

        /** With what holds for all networks. */
        List<Subnet> relayed() {
            if (options.mode != Mode.DHCP && !options.relayed.isEmpty()) {
                throw Refusal.badUse("--relayed gives addresses, hence needs --mode dhcp", "");
            }
            return options.relayed.stream().map(each -> each.withDns(dns4).withDomain(options.domain)
                    .withLeaseTime(options.leaseTime)).toList();
        }

        void checkNameServers(List<Link> links, List<Link6> links6) {
            if (links6.isEmpty() && !dns6.isEmpty()) {
                throw Refusal.badUse("--dns %s is for DHCPv6".formatted(dns6.getFirst().getHostAddress()),
                        "--ipv6-range FROM-TO serves it");
            }
            if (links.isEmpty() && !dns4.isEmpty()) {
                throw Refusal.badUse("--dns %s is for DHCP by IPv4, which no interface here has"
                        .formatted(dns4.getFirst().getHostAddress()), "");
            }
        }
    }
}
