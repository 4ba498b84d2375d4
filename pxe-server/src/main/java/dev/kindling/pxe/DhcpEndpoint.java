package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.dhcp.Arrival;
import dev.kindling.pxe.dhcp.DhcpService;
import dev.kindling.pxe.dhcp.Lease;
import dev.kindling.pxe.dhcp.LeaseLog;
import dev.kindling.pxe.dhcp.Outcome;
import dev.kindling.pxe.net.Datagram;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what {@link DhcpService} decides, in the order that keeps the promise of an ACK: decide for all datagrams
 * that are waiting, make their leases durable with one disk sync, then reply, then tell.
 */
final class DhcpEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(DhcpEndpoint.class);

    private final DhcpService service;
    private final @Nullable LeaseLog log;
    private final Consumer<PxeEvent> events;
    private final Clock clock;

    DhcpEndpoint(DhcpService service, @Nullable LeaseLog log, Consumer<PxeEvent> events, Clock clock) {
        this.service = service;
        this.log = log;
        this.events = events;
        this.clock = clock;
    }

    List<Datagram> handle(Link link, Arrival.Service port, List<Datagram> received) {
        Instant now = clock.instant();
        List<Outcome> outcomes = received.stream()
                .map(datagram -> decide(datagram, new Arrival(link, datagram.peer(), port), now)).toList();
        IOException notStored = store(outcomes.stream().flatMap(outcome -> outcome.changes().stream()).toList());
        var replies = new ArrayList<Datagram>();
        for (Outcome outcome : outcomes) {
            if (notStored != null && !outcome.changes().isEmpty()) {
                String reason = "its lease could not be stored: " + notStored.getMessage();
                tell(new PxeEvent.Ignored(now, outcome.changes().getFirst().mac(), reason, reason));
                continue;
            }
            if (outcome.reply() != null) {
                replies.add(new Datagram(outcome.reply().payload(), outcome.reply().to()));
            }
            outcome.events().forEach(this::tell);
        }
        return replies;
    }

    /** A fault in the decision about one machine must not stop the service for the others. */
    private Outcome decide(Datagram datagram, Arrival arrival, Instant now) {
        try {
            return service.handle(datagram.payload(), arrival, now);
        } catch (RuntimeException e) {
            LOG.error("no decision about a datagram from {}", datagram.peer(), e);
            return new Outcome(null, List.of(), List.of(new PxeEvent.Ignored(now, null, "an internal error",
                    "a datagram from %s not answered because of an internal error: %s".formatted(datagram.peer(), e))));
        }
    }

    private @Nullable IOException store(List<Lease> changes) {
        if (log == null) {
            return null;
        }
        try {
            log.append(changes, service::leases);
            return null;
        } catch (IOException e) {
            LOG.error("leases could not be stored", e);
            return e;
        }
    }

    private void tell(PxeEvent event) {
        try {
            events.accept(event);
        } catch (RuntimeException e) {
            LOG.error("the event was not taken: {}", event, e);
        }
    }
}
