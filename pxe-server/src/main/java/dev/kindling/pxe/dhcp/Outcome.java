package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done about a datagram: first make the changes durable, then send the reply, then tell the events.
 *
 * @param unchecked the address that is offered, where nobody has asked yet whether a stranger uses it: ask by ARP
 *            before the reply leaves, if that can be done
 * @param changes leases that have to be on the disk before the reply leaves
 */
public record Outcome(@Nullable Reply reply, @Nullable Inet4Address unchecked, List<Lease> changes,
        List<PxeEvent> events) {
    public Outcome {
        changes = List.copyOf(changes);
        events = List.copyOf(events);
    }

    /** Nothing to send or to store. */
    static Outcome silent(List<PxeEvent> events) {
        return new Outcome(null, null, List.of(), events);
    }

    /**
     * A datagram to send through the link that the request arrived on.
     *
     * @param to address and port
     * @param hardware the machine that does not answer ARP for that address yet: send to this hardware address, or else
     *            broadcast; null: an ordinary datagram
     */
    public record Reply(byte[] payload, InetSocketAddress to, @Nullable MacAddress hardware) {
        /** Where it goes if no frame can be sent to a hardware address. */
        public InetSocketAddress toAll() {
            return new InetSocketAddress(Ipv4.BROADCAST, to.getPort());
        }
    }
}
