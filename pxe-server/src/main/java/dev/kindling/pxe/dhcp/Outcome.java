package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.PxeEvent;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done about a datagram: first make the changes durable, then send the reply, then tell the events.
 *
 * @param changes leases that have to be on the disk before the reply leaves
 */
public record Outcome(@Nullable Reply reply, List<Lease> changes, List<PxeEvent> events) {
    public Outcome {
        changes = List.copyOf(changes);
        events = List.copyOf(events);
    }

    /** A datagram to send through the link that the request arrived on. */
    public record Reply(byte[] payload, InetSocketAddress to) {}
}
