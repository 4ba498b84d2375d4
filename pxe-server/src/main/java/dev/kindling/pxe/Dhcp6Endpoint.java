package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.dhcp6.Dhcp6Service;
import dev.kindling.pxe.dhcp6.RouterAdvertisement;
import dev.kindling.pxe.net.Datagram;
import dev.kindling.pxe.net.UdpSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One link's DHCPv6 server and, where asked for, its router advertisements. */
final class Dhcp6Endpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Dhcp6Endpoint.class);
    /** All_DHCP_Relay_Agents_and_Servers (RFC 8415 section 7.1). */
    private static final InetAddress SERVERS = InetAddress.ofLiteral("ff02::1:2");
    static final int PORT = 547;

    private final Dhcp6Service service;
    private final Consumer<PxeEvent> events;
    private final Clock clock;
    private final @Nullable LeaseStore store;
    private @Nullable RouterAdvertiser advertiser;

    private Dhcp6Endpoint(Dhcp6Service service, @Nullable LeaseStore store, Consumer<PxeEvent> events, Clock clock) {
        this.service = service;
        this.store = store;
        this.events = events;
        this.clock = clock;
    }

    /**
     * Opens the port, then tells the machines of the link to ask.
     *
     * @param sockets its thread serves this one too
     * @param store null: leases are kept in memory only
     * @param events must not throw
     * @throws IOException if the port cannot be had, or advertisements cannot be sent
     */
    static Dhcp6Endpoint start(Link6 link, UdpSockets sockets, @Nullable LeaseStore store, BootSource source,
            IntSupplier httpPort, IntSupplier httpsPort, Consumer<PxeEvent> events, Clock clock) throws IOException {
        MacAddress mac = hardwareAddress(link.interfaceName());
        var service = new Dhcp6Service(link, mac, source, httpPort, httpsPort,
                store == null ? List.of() : store.restored());
        var endpoint = new Dhcp6Endpoint(service, store, events, clock);
        if (store != null) {
            store.compactedFrom(service::leases);
        }
        sockets.join(link.interfaceName(), SERVERS, PORT, endpoint::handle);
        if (link.advertise()) {
            endpoint.advertiser = RouterAdvertiser.start(link.interfaceName(), RouterAdvertisement.encode(link, mac));
        }
        return endpoint;
    }

    private static MacAddress hardwareAddress(String device) throws IOException {
        NetworkInterface found = NetworkInterface.getByName(device);
        byte[] bytes = found == null ? null : found.getHardwareAddress();
        if (bytes == null || bytes.length != 6) {
            throw new IOException(found == null
                    ? "there is no network interface " + device
                    : device + " is no Ethernet interface: DHCPv6 needs one");
        }
        return MacAddress.of(bytes);
    }

    private void handle(UdpSockets.Port port, List<Datagram> received) {
        Instant now = clock.instant();
        var ready = new ArrayList<Dhcp6Service.Outcome>();
        for (Datagram datagram : received) {
            Dhcp6Service.Outcome outcome = decide(datagram, now);
            if (store == null || outcome.changes().isEmpty()) {
                ready.add(outcome);
            } else {
                store.store(outcome.changes(), () -> finish(port, List.of(outcome)),
                        failure -> refuse(outcome, failure));
            }
        }
        finish(port, ready);
    }

    private void refuse(Dhcp6Service.Outcome outcome, String why) {
        String reason = "its lease could not be stored: " + why;
        events.accept(new PxeEvent.Ignored(clock.instant(), outcome.changes().getFirst().mac(), reason, reason));
    }

    /** Sends the replies and tells what happened. */
    private void finish(UdpSockets.Port port, List<Dhcp6Service.Outcome> outcomes) {
        var replies = new ArrayList<Datagram>();
        for (Dhcp6Service.Outcome outcome : outcomes) {
            if (outcome.reply() != null && outcome.to() != null) {
                replies.add(new Datagram(outcome.reply(), outcome.to()));
            }
        }
        port.send(replies);
        outcomes.forEach(outcome -> outcome.events().forEach(events));
    }

    /** A fault in the decision about one machine must not stop the service for the others. */
    private Dhcp6Service.Outcome decide(Datagram datagram, Instant now) {
        try {
            return service.handle(datagram.payload(), datagram.peer(), now);
        } catch (RuntimeException e) {
            LOG.error("no decision about a DHCPv6 datagram from {}", datagram.peer(), e);
            return Dhcp6Service.Outcome.silent(List.of(new PxeEvent.Ignored(now, null, "an internal error",
                    "a DHCPv6 datagram from %s not answered because of an internal error: %s".formatted(
                            datagram.peer(), e))));
        }
    }

    PoolUse pool() {
        return service.pool(clock.instant());
    }

    /** The machine that holds a lease on the address. */
    Optional<MacAddress> whoHas(InetAddress address) {
        return service.whoHas(address, clock.instant());
    }

    @Override
    public void close() throws IOException {
        if (advertiser != null) {
            advertiser.close();
        }
    }
}
