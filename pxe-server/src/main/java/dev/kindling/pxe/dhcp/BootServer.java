package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.MacAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/**
 * What says what to boot without giving an address: ProxyDHCP beside a foreign server on port 67, and the boot server
 * of PXE 2.1 on port 4011.
 */
final class BootServer {
    private static final int MOST_KNOWN = 65_536;

    private final Map<InetAddress, MacAddress> known = Collections.synchronizedMap(new Bounded<>(MOST_KNOWN));

    private final Attempts attempts = new Attempts();

    /** For people. */
    static String booting(Answer.Lease answer) {
        return (answer.menu() == null ? "" : ", boot menu") + (answer.bootFile() == null
                ? ""
                : ", boot file " + answer.bootFile());
    }

    /** The machine that was last heard to use the address, or to ask the foreign server for it. */
    Optional<MacAddress> whoHas(InetAddress address) {
        return Optional.ofNullable(known.get(address));
    }

    /** Port 67 beside another server. */
    Outcome proxy(Exchange x) {
        return switch (x.type()) {
            case DISCOVER -> x.caller().agent() == Agent.OPERATING_SYSTEM ? x.silence() : offer(x);
            case REQUEST -> watch(x);
            case RELEASE -> forget(x);
            case INFORM, DECLINE, OFFER, ACK, NAK -> x.silence();
        };
    }

    private Outcome offer(Exchange x) {
        return switch (x.ask()) {
            case Answer.Ignore ignore -> x.ignore(ignore.reason());
            case Answer.Lease lease when lease.bootFile() != null || lease.menu() != null -> {
                x.seen();
                Attempts.Untaken untaken = attempts.asked(x.mac(), x.now());
                if (untaken.isNews()) {
                    x.stalled(untaken, "no DHCP server gives it an address, or it does not put two offers together:"
                            + " then give the addresses here too, or set the boot file on the other server");
                }
                yield x.reply(Replies.proxyOffer(x, lease), Ipv4.ZERO, lease.bootFile(),
                        "without an address" + booting(lease));
            }
            case Answer.Lease _ -> x.ignore("there is nothing for it to boot");
        };
    }

    /** Learns who has which address, and which server gives it: firmware broadcasts this message for all to hear. */
    private Outcome watch(Exchange x) {
        attempts.taken(x.mac());
        Inet4Address requested = x.requestedAddress();
        learn(x, requested != null ? requested : x.request().ciaddr());
        Inet4Address server = x.serverId();
        if (server != null && !server.equals(x.link().address()) && x.caller().agent() != Agent.OPERATING_SYSTEM) {
            x.foreignServer(server, "%s takes its address from the DHCP server %s".formatted(x.caller().text(),
                    server.getHostAddress()));
        }
        return x.silence();
    }

    private Outcome forget(Exchange x) {
        known.remove(x.request().ciaddr(), x.mac());
        return x.silence();
    }

    /** Port 4011. */
    Outcome bootServer(Exchange x) {
        boolean asks = x.type() == MessageType.REQUEST || x.type() == MessageType.INFORM
                || x.type() == MessageType.DISCOVER;
        if (!asks || x.caller().agent() == Agent.OPERATING_SYSTEM) {
            return x.ignore("only boot firmware is answered on this port");
        }
        InetAddress from = x.arrival().from().getAddress();
        Inet4Address own = x.request().ciaddr().isAnyLocalAddress() && from instanceof Inet4Address source
                ? source
                : x.request().ciaddr();
        return switch (x.ask()) {
            case Answer.Ignore ignore -> x.ignore(ignore.reason());
            case Answer.Lease lease when lease.bootFile() != null -> {
                learn(x, own);
                x.seen(x.type() + " to the boot server from " + x.caller().text());
                yield x.reply(Replies.bootServerAck(x, lease), own, lease.bootFile(), own.getHostAddress()
                        + booting(lease));
            }
            case Answer.Lease _ -> x.ignore("there is nothing for it to boot");
        };
    }

    private void learn(Exchange x, InetAddress address) {
        if (!address.isAnyLocalAddress()) {
            known.put(address, x.mac());
        }
    }
}
