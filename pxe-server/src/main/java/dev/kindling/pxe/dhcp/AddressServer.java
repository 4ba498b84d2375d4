package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.PxeEvent;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of RFC 2131 on one network. It is authoritative there: a machine that we give addresses to hears
 * NAK when it asks for one that it must not use, also where no lease of it is known.
 */
final class AddressServer {
    private static final Duration OFFER_HELD = Duration.ofMinutes(1);
    /** Long enough for a person to find the stranger, short enough not to drain the pool. */
    private static final Duration QUARANTINE = Duration.ofMinutes(10);

    private final LeaseTable leases;
    private final Attempts attempts = new Attempts();
    private final Set<InetAddress> ourAddresses;

    /**
     * @param ourAddresses on all links: server identifiers that are not foreign
     */
    AddressServer(LeaseTable leases, Set<InetAddress> ourAddresses) {
        this.leases = leases;
        this.ourAddresses = ourAddresses;
    }

    LeaseTable leases() {
        return leases;
    }

    Outcome handle(Exchange x) {
        InetAddress chosen = x.serverId();
        if (chosen != null && !chosen.equals(x.identifier())) {
            return otherServer(x, chosen);
        }
        return switch (x.type()) {
            case DISCOVER -> known(x, answer -> discover(x, answer));
            case REQUEST -> known(x, answer -> request(x, answer));
            case INFORM -> known(x, answer -> inform(x, answer));
            case RELEASE -> release(x);
            case DECLINE -> decline(x);
            case OFFER, ACK, NAK -> x.ignore("a server's message in a client's request");
        };
    }

    private interface Known {
        Outcome answer(Answer.Lease answer);
    }

    private static Outcome known(Exchange x, Known known) {
        return switch (x.ask()) {
            case Answer.Ignore ignore -> x.ignore(ignore.reason());
            case Answer.Lease lease -> {
                x.seen();
                yield known.answer(lease);
            }
        };
    }

    private Outcome otherServer(Exchange x, InetAddress chosen) {
        attempts.taken(x.mac());
        Lease offered = leases.of(x.mac());
        if (offered != null && offered.state() == Lease.State.OFFERED) {
            leases.put(new Lease(offered.address(), x.mac(), Lease.State.RELEASED, x.now()));
        }
        if (!ourAddresses.contains(chosen)) {
            x.foreignServer(chosen, "%s took the offer of another DHCP server, %s, for its %s"
                    .formatted(x.mac(), chosen.getHostAddress(), x.caller().text()));
        }
        return x.silence();
    }

    private Outcome discover(Exchange x, Answer.Lease answer) {
        Inet4Address address;
        if (answer.address() instanceof Inet4Address reserved) {
            String refusal = refusal(x, answer, reserved);
            if (refusal != null) {
                return x.ignore("its reserved address " + reserved.getHostAddress() + " " + refusal);
            }
            address = reserved;
        } else {
            Optional<Inet4Address> free = leases.choose(x.mac(), x.requestedAddress(), x::isReserved, x.now());
            if (free.isEmpty()) {
                return x.ignore(noneFree(leases.subnet()));
            }
            address = free.get();
        }
        if (leases.isUnchecked(address, x.mac(), x.now())) {
            x.check(address);
        }
        Lease current = leases.at(address);
        if (current == null || !current.isBound(x.now())) {
            leases.put(new Lease(address, x.mac(), Lease.State.OFFERED, x.now().plus(OFFER_HELD)));
        }
        Attempts.Untaken untaken = attempts.asked(x.mac(), x.now());
        if (untaken.isNews()) {
            x.stalled(untaken, whyUntaken(x, answer));
        }
        return give(x, MessageType.OFFER, address, answer);
    }

    private static String whyUntaken(Exchange x, Answer.Lease answer) {
        boolean boots = x.caller().agent() != Agent.OPERATING_SYSTEM;
        String other = "our answers do not reach it (a switch port that is still blocked by spanning tree, a firewall,"
                + " a VLAN), or it waits for another server's";
        return boots && answer.bootFile() == null && answer.menu() == null
                ? "there is no boot file in them, and firmware takes no offer without one; or " + other
                : other;
    }

    private static String noneFree(Subnet subnet) {
        return subnet.range() == null
                ? "no address is reserved for it and this network has no pool"
                : "no address is free from " + subnet.range();
    }

    /** SELECTING, INIT-REBOOT, RENEWING and REBINDING differ only in where the address stands (RFC 2131 table 4). */
    private Outcome request(Exchange x, Answer.Lease answer) {
        Inet4Address requested = x.requestedAddress();
        Inet4Address address = requested != null ? requested : x.request().ciaddr();
        if (address.isAnyLocalAddress()) {
            return x.ignore("it requests no address");
        }
        attempts.taken(x.mac());
        String refusal = refusal(x, answer, address);
        if (refusal != null) {
            String why = address.getHostAddress() + " " + refusal;
            return x.reply(Replies.nak(x, why), address, null, why);
        }
        Lease former = leases.of(x.mac());
        if (former != null && !former.address().equals(address) && former.holds(x.now())) {
            record(x, new Lease(former.address(), x.mac(), Lease.State.RELEASED, x.now()));
        }
        record(x, new Lease(address, x.mac(), Lease.State.BOUND, end(x.now())));
        return give(x, MessageType.ACK, address, answer);
    }

    /** Why the machine must not have the address, as the end of a sentence about it; null where it may. */
    private @Nullable String refusal(Exchange x, Answer.Lease answer, Inet4Address address) {
        if (!leases.inNetwork(address)) {
            return "is not in the network of " + leases.subnet();
        }
        if (answer.address() != null && !address.equals(answer.address())) {
            return "is not its reserved address " + answer.address().getHostAddress();
        }
        Lease holder = leases.at(address);
        if (holder != null && leases.isForeign(address, x.mac(), x.now())) {
            return switch (holder.state()) {
                case DECLINED -> "was found in use by another host, and is not given before " + holder.until();
                case BOUND -> "is leased to %s until %s".formatted(holder.mac(), holder.until());
                // a reservation goes before an offer that nobody took yet
                case OFFERED, RELEASED -> answer.address() != null ? null : "is offered to " + holder.mac();
            };
        }
        return answer.address() != null || leases.isFree(address, x.mac(), x::isReserved, x.now())
                ? null
                : "is not in the pool";
    }

    private Outcome inform(Exchange x, Answer.Lease answer) {
        Inet4Address address = x.request().ciaddr();
        return address.isAnyLocalAddress()
                ? x.ignore("it informs of no address")
                : x.reply(Replies.inform(x, leases.subnet(), answer), address, answer.bootFile(), "to the INFORM of "
                        + address.getHostAddress() + BootServer.booting(answer));
    }

    private Outcome release(Exchange x) {
        Inet4Address address = x.request().ciaddr();
        Lease lease = leases.at(address);
        if (lease == null || !lease.mac().equals(x.mac()) || lease.state() != Lease.State.BOUND) {
            return x.ignore("it has no lease on " + address.getHostAddress());
        }
        x.seen("RELEASE of %s by %s".formatted(address.getHostAddress(), x.caller().text()));
        record(x, new Lease(address, x.mac(), Lease.State.RELEASED, x.now()));
        return x.silence();
    }

    private Outcome decline(Exchange x) {
        Inet4Address address = x.requestedAddress();
        Lease lease = address == null ? null : leases.at(address);
        if (address == null || lease == null || !lease.mac().equals(x.mac()) || !lease.holds(x.now())) {
            return x.ignore("it declines an address that it was not given");
        }
        x.seen("DECLINE of %s by %s: another host uses it".formatted(address.getHostAddress(), x.caller().text()));
        record(x, new Lease(address, x.mac(), Lease.State.DECLINED, x.now().plus(QUARANTINE)));
        return x.silence();
    }

    /** In whole seconds, as the client is told them, and never before the client's own end. */
    private Instant end(Instant now) {
        Instant end = now.plus(leases.subnet().leaseTime());
        return end.getNano() == 0 ? end : Instant.ofEpochSecond(end.getEpochSecond() + 1);
    }

    /**
     * A host said by ARP that it has the address. Where it is not the machine that we gave it to, the address is kept
     * from everybody for a while.
     *
     * @return what to store and to tell
     */
    Outcome inUse(Inet4Address address, MacAddress host, Instant now) {
        Lease lease = leases.at(address);
        boolean rightful = lease != null && lease.mac().equals(host);
        if (rightful || (lease != null && lease.isBound(now)) || lease == null) {
            return Outcome.silent(List.of());
        }
        var declined = new Lease(address, host, Lease.State.DECLINED, now.plus(QUARANTINE));
        boolean known = lease.state() == Lease.State.DECLINED && lease.holds(now);
        leases.put(declined);
        return new Outcome(null, null, List.of(declined), known
                ? List.of()
                : List.of(new PxeEvent.AddressConflict(now, host, address, "uses " + address.getHostAddress()
                        + ", which it was not given; the address is kept from others for "
                        + QUARANTINE.toMinutes() + " minutes")));
    }

    private void record(Exchange x, Lease lease) {
        leases.put(lease);
        x.change(lease);
    }

    private Outcome give(Exchange x, MessageType type, Inet4Address address, Answer.Lease answer) {
        return x.reply(Replies.lease(x, type, leases.subnet(), address, answer), address, answer.bootFile(),
                address.getHostAddress() + BootServer.booting(answer));
    }
}
