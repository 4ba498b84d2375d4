package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.dhcp.Arrival;
import dev.kindling.pxe.dhcp.DhcpService;
import dev.kindling.pxe.dhcp.Lease;
import dev.kindling.pxe.dhcp.Outcome;
import dev.kindling.pxe.net.Datagram;
import dev.kindling.pxe.net.EthernetSegment;
import dev.kindling.pxe.net.UdpSockets;
import dev.kindling.pxe.net.UdpSockets.Port;
import dev.kindling.pxe.net.Vlan;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what {@link DhcpService} decides.
 *
 * <p>
 * One thread, the one of the sockets, decides. The one of the {@link LeaseStore} sends what changes leases.
 */
final class DhcpEndpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DhcpEndpoint.class);
    /**
     * How long an offer waits for a stranger to claim its address. A host on the link answers ARP in well under a
     * millisecond; one that answers later than this still takes the address out of use before firmware asks for it.
     */
    private static final Duration ARP_PATIENCE = Duration.ofMillis(10);
    /** So often longer, while our own threads have not come to read what was answered. */
    private static final int MOST_BEHIND = 100;
    /** With more offers waiting than this, a whole rack was switched on. It gets its addresses unchecked. */
    private static final int MOST_HELD = 32;
    private static final int MOST_HELD_FOR_ONE = 8;
    private static final Duration UNCHECKED_FOR = Duration.ofSeconds(10);
    /** Pauses after which other servers are looked for again; the last one from then on. */
    private static final List<Duration> PROBES = List.of(Duration.ofSeconds(2), Duration.ofSeconds(8),
            Duration.ofMinutes(10));

    private final DhcpService service;
    private final @Nullable LeaseStore store;
    private final Consumer<PxeEvent> events;
    private final Clock clock;
    private final UdpSockets sockets;
    private final Map<Link, EthernetSegment> segments = new ConcurrentHashMap<>();
    /** Offers that wait until nobody has answered. Used by the thread of the sockets only, like what follows. */
    private final Map<Inet4Address, List<Held>> held = new LinkedHashMap<>();
    private Instant uncheckedUntil = Instant.MIN;

    /** One machine may have asked several times, by several programs, before its address is checked. */
    private record Held(Desk desk, Datagram asked, Outcome outcome) {}

    /** A socket of ours, and what is known of its place. */
    private record Desk(Port port, Link link, @Nullable Integer vlan, Arrival.Service service) {}

    /**
     * @param store null: leases are kept in memory only
     * @param events must not throw
     * @param sockets whose thread decides; close them before this
     */
    DhcpEndpoint(DhcpService service, @Nullable LeaseStore store, Consumer<PxeEvent> events, Clock clock,
            UdpSockets sockets) {
        this.service = service;
        this.store = store;
        this.events = events;
        this.clock = clock;
        this.sockets = sockets;
    }

    /**
     * Opens a socket.
     *
     * @return the UDP port
     */
    int listen(Link link, Arrival.Service service, int port) throws IOException {
        Integer vlan = link.interfaceName() == null ? null : Vlan.idOf(link.interfaceName()).orElse(null);
        return sockets.open(link, service == Arrival.Service.DHCP, port,
                (open, received) -> handle(new Desk(open, link, vlan, service), received)).number();
    }

    /**
     * Begins to look out for strangers on a link: hosts that use our addresses, other servers. Without the privilege
     * the service goes on without, and says so.
     */
    void lookOut(Link link) {
        String device = link.interfaceName();
        if (device == null) {
            return;
        }
        try {
            EthernetSegment segment = EthernetSegment.open(device, new EthernetSegment.Listener() {
                @Override
                public void uses(Inet4Address address, MacAddress host) {
                    later(() -> claimed(address, host));
                }

                @Override
                public void overheard(byte[] payload, InetSocketAddress server) {
                    later(() -> service.overheard(payload, link, server, clock.instant()).events()
                            .forEach(events));
                }
            });
            segments.put(link, segment);
            probe(segment, PROBES);
        } catch (IOException e) {
            LOG.warn("{}: other servers, and hosts that use addresses of ours, are not seen: {}", device,
                    e.getMessage());
        }
    }

    /** Asks who else gives addresses or boot files here; what is lost is asked again. */
    private void probe(EthernetSegment segment, List<Duration> pauses) {
        try {
            segment.broadcastAsClient(DhcpService.probe(segment.mac(), (int) clock.millis()));
        } catch (IOException e) {
            // such as while the interface is down
            LOG.debug("other servers are not asked: {}", e.getMessage());
        }
        List<Duration> left = pauses.size() > 1 ? pauses.subList(1, pauses.size()) : pauses;
        sockets.schedule(pauses.getFirst(), () -> probe(segment, left));
    }

    private void later(Runnable task) {
        try {
            sockets.execute(task);
        } catch (RejectedExecutionException e) {
            LOG.debug("heard while closing", e);
        }
    }

    private void handle(Desk desk, List<Datagram> received) {
        Instant now = clock.instant();
        var outcomes = new ArrayList<Outcome>(received.size());
        for (Datagram datagram : received) {
            Outcome outcome = decide(desk, datagram, now);
            if (!holds(desk, datagram, outcome, now)) {
                outcomes.add(outcome);
            }
        }
        carryOut(desk, outcomes);
    }

    /** A fault in the decision about one machine must not stop the service for the others. */
    private Outcome decide(Desk desk, Datagram datagram, Instant now) {
        try {
            return service.handle(datagram.payload(), new Arrival(desk.link(), desk.vlan(), datagram.peer(),
                    desk.service()), now);
        } catch (RuntimeException e) {
            LOG.error("no decision about a datagram from {}", datagram.peer(), e);
            return new Outcome(null, null, List.of(), List.of(new PxeEvent.Ignored(now, null, "an internal error",
                    "a datagram from %s not answered because of an internal error: %s".formatted(datagram.peer(), e))));
        }
    }

    /** Asks who has the address that is about to be offered, and keeps the offer meanwhile. */
    private boolean holds(Desk desk, Datagram asked, Outcome outcome, Instant now) {
        Inet4Address address = outcome.unchecked();
        EthernetSegment segment = address == null ? null : segments.get(desk.link());
        if (address == null || segment == null || !desk.link().subnet().contains(address)
                || now.isBefore(uncheckedUntil)) {
            return false;
        }
        var entry = new Held(desk, asked, outcome);
        List<Held> others = held.get(address);
        if (others != null) {
            // beyond a bound it is a flood: whoever means it asks again
            if (others.size() < MOST_HELD_FOR_ONE) {
                others.add(entry);
            }
            return true;
        }
        if (held.size() >= MOST_HELD) {
            LOG.info("many machines ask at once: for {} s they are offered addresses without asking whether a stranger"
                    + " uses them", UNCHECKED_FOR.toSeconds());
            uncheckedUntil = now.plus(UNCHECKED_FOR);
            List<Held> all = held.values().stream().flatMap(List::stream).toList();
            held.clear();
            all.forEach(each -> carryOut(each.desk(), List.of(each.outcome())));
            return false;
        }
        try {
            segment.ask(address);
        } catch (IOException e) {
            LOG.warn("{}: {} is offered without asking who has it: {}", desk.link().interfaceName(),
                    address.getHostAddress(), e.getMessage());
            return false;
        }
        List<Held> offers = new ArrayList<>(List.of(entry));
        held.put(address, offers);
        sockets.schedule(ARP_PATIENCE, () -> awaitAnswers(segment, address, offers, MOST_BEHIND));
        return true;
    }

    private void awaitAnswers(EthernetSegment segment, Inet4Address address, List<Held> offers, int times) {
        if (times > 0 && isBehind(segment)) {
            sockets.schedule(ARP_PATIENCE, () -> awaitAnswers(segment, address, offers, times - 1));
            return;
        }
        // behind what was heard by now
        later(() -> {
            if (held.remove(address, offers)) {
                service.unanswered(address, clock.instant());
                offers.forEach(each -> carryOut(each.desk(), List.of(each.outcome())));
            }
        });
    }

    private static boolean isBehind(EthernetSegment segment) {
        try {
            return segment.isBehind();
        } catch (IOException e) {
            // such as while the interface is down
            LOG.debug("it is not known whether all that was said by ARP is heard: {}", e.getMessage());
            return false;
        }
    }

    private void claimed(Inet4Address address, MacAddress host) {
        Instant now = clock.instant();
        Outcome found = service.inUse(address, host, now);
        if (found.changes().isEmpty()) {
            return;
        }
        carryOut(null, List.of(found));
        List<Held> offers = held.remove(address);
        if (offers != null) {
            // with another address this time
            offers.forEach(each -> handle(each.desk(), List.of(each.asked())));
        }
    }

    /** At once what changes no lease; the rest when it is on the disk. */
    private void carryOut(@Nullable Desk desk, List<Outcome> outcomes) {
        if (store == null) {
            finish(desk, outcomes);
            return;
        }
        var ready = new ArrayList<Outcome>(outcomes.size());
        var unstored = new ArrayList<Outcome>();
        var changes = new ArrayList<Lease>();
        for (Outcome outcome : outcomes) {
            (outcome.changes().isEmpty() ? ready : unstored).add(outcome);
            changes.addAll(outcome.changes());
        }
        finish(desk, ready);
        if (!unstored.isEmpty()) {
            store.store(changes, () -> finish(desk, unstored), failure -> refuse(unstored, failure));
        }
    }

    private void refuse(List<Outcome> outcomes, String why) {
        String reason = "its lease could not be stored: " + why;
        for (Outcome outcome : outcomes) {
            events.accept(new PxeEvent.Ignored(clock.instant(), outcome.changes().getFirst().mac(), reason, reason));
        }
    }

    /** Sends the replies and tells what happened. */
    private void finish(@Nullable Desk desk, List<Outcome> outcomes) {
        if (desk != null) {
            var replies = new ArrayList<Datagram>(outcomes.size());
            for (Outcome outcome : outcomes) {
                Outcome.Reply reply = outcome.reply();
                if (reply != null && !sentToHardware(desk, reply)) {
                    replies.add(new Datagram(reply.payload(), reply.hardware() == null ? reply.to() : reply.toAll()));
                }
            }
            desk.port().send(replies);
        }
        for (Outcome outcome : outcomes) {
            outcome.events().forEach(events);
        }
    }

    /** RFC 2131 section 4.1: by unicast to a machine that cannot answer ARP yet, where that is possible. */
    private boolean sentToHardware(Desk desk, Outcome.Reply reply) {
        EthernetSegment segment = reply.hardware() == null ? null : segments.get(desk.link());
        if (segment == null || reply.hardware() == null) {
            return false;
        }
        try {
            segment.send(new InetSocketAddress(desk.link().address(), desk.port().number()), reply.to(),
                    reply.hardware(), reply.payload());
            return true;
        } catch (IOException e) {
            LOG.debug("broadcast instead of unicast to {}: {}", reply.hardware(), e.getMessage());
            return false;
        }
    }

    /** Ends the threads. */
    @Override
    public void close() throws IOException {
        for (EthernetSegment segment : segments.values()) {
            segment.close();
        }
    }
}
