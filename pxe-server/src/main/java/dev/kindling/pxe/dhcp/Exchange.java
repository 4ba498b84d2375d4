package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.ProxyOffer;
import dev.kindling.pxe.PxeEvent;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/** One request on its way to its {@link Outcome}. */
final class Exchange {
    private final Setup setup;
    private final DhcpPacket request;
    private final MessageType type;
    private final Arrival arrival;
    private final Instant now;
    private final Caller caller;
    private @Nullable Inet4Address unchecked;
    private final List<Lease> changes = new ArrayList<>();
    private final List<PxeEvent> events = new ArrayList<>();

    /**
     * What all exchanges share.
     *
     * @param ownPort the DHCP port, as configured
     * @param httpPort the HTTP port, as bound
     * @param httpsPort the HTTPS port, as bound; 0: none
     */
    record Setup(BootSource source, ProxyOffer proxyOffer, int ownPort, IntSupplier httpPort, IntSupplier httpsPort) {}

    Exchange(Setup setup, DhcpPacket request, MessageType type, Arrival arrival, Instant now) {
        this.setup = setup;
        this.request = request;
        this.type = type;
        this.arrival = arrival;
        this.now = now;
        this.caller = Caller.of(request);
    }

    DhcpPacket request() {
        return request;
    }

    MessageType type() {
        return type;
    }

    Caller caller() {
        return caller;
    }

    MacAddress mac() {
        return caller.mac();
    }

    Link link() {
        return arrival.link();
    }

    Arrival arrival() {
        return arrival;
    }

    Instant now() {
        return now;
    }

    /** Option 50. */
    @Nullable
    Inet4Address requestedAddress() {
        return request.options().address(OptionCode.REQUESTED_ADDRESS).orElse(null);
    }

    /** Option 54. */
    @Nullable
    Inet4Address serverId() {
        return request.options().address(OptionCode.SERVER_ID).orElse(null);
    }

    ProxyOffer proxyOffer() {
        return setup.proxyOffer();
    }

    /** The decision of the one who knows the machines. */
    Answer ask() {
        InetAddress relay = request.giaddr();
        RelayInfo relayInfo = RelayInfo.of(request);
        return setup.source().answer(new Client(caller.mac(), caller.uuid(), caller.firmware(), caller.agent(),
                link().address(), setup.httpPort().getAsInt(), setup.httpsPort().getAsInt(), caller.sent(),
                new Client.Way(link().interfaceName(), arrival.vlan(), relay.isAnyLocalAddress() ? null : relay,
                        relayInfo.circuitId(), relayInfo.remoteId())));
    }

    /** Whether the address is kept for a machine that may not have asked yet. */
    boolean isReserved(InetAddress address) {
        return setup.source().isReserved(address);
    }

    /** Notes that a stranger may use the address that is about to be offered. */
    void check(Inet4Address address) {
        unchecked = address;
    }

    /** Tells that the machine does not take what it is offered. */
    void stalled(Attempts.Untaken untaken, String why) {
        long seconds = untaken.since().toSeconds();
        events.add(new PxeEvent.Stalled(now, mac(), "DHCP", seconds, why,
                "%s was sent our offer %d times in %d s and took none: %s".formatted(caller.text(), untaken.offers(),
                        seconds, why)));
    }

    void change(Lease lease) {
        changes.add(lease);
    }

    /** Tells that the message was for us. */
    void seen() {
        seen(type + " from " + caller.text());
    }

    void seen(String text) {
        events.add(new PxeEvent.DhcpSeen(now, mac(), type.name(), caller.agent(), caller.firmware(), text));
    }

    void foreignServer(InetAddress server, String text) {
        events.add(new PxeEvent.ForeignServer(now, mac(), server, null, text));
    }

    Outcome ignore(String reason) {
        events.add(new PxeEvent.Ignored(now, mac(), reason, "%s from %s not answered: %s"
                .formatted(type, caller.text(), reason)));
        return silence();
    }

    Outcome silence() {
        return new Outcome(null, unchecked, changes, events);
    }

    /** Sends {@code reply} and tells {@code text}, which goes behind the message type. */
    Outcome reply(DhcpPacket reply, InetAddress address, @Nullable String bootFile, String text) {
        String replyType = reply.type().orElseThrow().name();
        events.add(new PxeEvent.DhcpAnswered(now, mac(), replyType, address, bootFile, replyType + " " + text));
        byte[] payload = reply.encode(Replies.limit(request));
        ReplyAddress to = ReplyAddress.of(request, reply, arrival, setup.ownPort());
        return new Outcome(new Outcome.Reply(payload, to.to(), to.hardware()), unchecked, changes, events);
    }
}
