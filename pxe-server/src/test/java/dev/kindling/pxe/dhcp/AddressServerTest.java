package dev.kindling.pxe.dhcp;

import static dev.kindling.pxe.dhcp.Lab.SERVER;
import static dev.kindling.pxe.dhcp.Lab.ip;
import static dev.kindling.pxe.dhcp.Lab.mac;
import static dev.kindling.pxe.dhcp.Lab.message;
import static dev.kindling.pxe.dhcp.Lab.select;
import static dev.kindling.pxe.dhcp.Lab.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.PoolUse;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.PxeEvent;
import java.net.Inet4Address;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AddressServerTest {
    private final Lab lab = new Lab(Mode.DHCP);

    @Test
    void offersNothingToUnknownMachine() {
        assertThat(lab.send(message(MessageType.DISCOVER, 1))).isEmpty();
        assertThat(lab.events).singleElement().isInstanceOfSatisfying(PxeEvent.Ignored.class, event -> {
            assertThat(event.reason()).isEqualTo("unknown machine");
            assertThat(event.text()).isEqualTo("DISCOVER from an operating system not answered: unknown machine");
        });
    }

    @Test
    void offersAndAcknowledgesTheReservedAddress() {
        lab.answers(1, "10.77.0.11", null);

        assertThat(lab.dora(1)).isEqualTo(ip("10.77.0.11"));
        assertThat(lab.changes).containsExactly(new Lease(ip("10.77.0.11"), mac(1), Lease.State.BOUND,
                Lab.START.plus(Duration.ofHours(1))));
        assertThat(lab.events).extracting(PxeEvent::text).containsExactly("DISCOVER from an operating system",
                "OFFER 10.77.0.11", "REQUEST from an operating system", "ACK 10.77.0.11");
        assertThat(lab.service.whoHas(ip("10.77.0.11"), lab.now)).contains(mac(1));
    }

    @Test
    void sendsTheSettingsOfTheNetwork() {
        lab.answers.put(mac(1), new Answer.Lease(null, "node-1", null));

        DhcpOptions options = lab.send(message(MessageType.DISCOVER, 1)).orElseThrow().options();

        assertThat(options.address(OptionCode.SERVER_ID)).contains(ip("10.77.0.1"));
        assertThat(options.address(OptionCode.SUBNET_MASK)).contains(ip("255.255.255.0"));
        assertThat(options.address(OptionCode.ROUTER)).contains(ip("10.77.0.254"));
        assertThat(options.address(OptionCode.DOMAIN_SERVER)).contains(ip("10.77.0.53"));
        assertThat(options.address(OptionCode.BROADCAST_ADDRESS)).contains(ip("10.77.0.255"));
        assertThat(options.text(OptionCode.DOMAIN_NAME)).contains("lab.example");
        assertThat(options.text(OptionCode.HOST_NAME)).contains("node-1");
        assertThat(options.number(OptionCode.LEASE_TIME)).hasValue(3600);
    }

    @Test
    void givesEachMachineAnAddressOfItsOwnUntilThePoolIsEmpty() {
        Set<Inet4Address> given = new HashSet<>();
        for (int machine = 1; machine <= 4; machine++) {
            given.add(lab.knows(machine).dora(machine));
        }

        assertThat(given).containsExactlyInAnyOrder(ip("10.77.0.100"), ip("10.77.0.101"), ip("10.77.0.102"),
                ip("10.77.0.103"));
        assertThat(lab.knows(5).send(message(MessageType.DISCOVER, 5))).isEmpty();
        assertThat(lab.lastEvent()).contains("no address is free from 10.77.0.100 to 10.77.0.103");
    }

    @Test
    void givesTheSameAddressAfterTheLossOfAllLeases() {
        Inet4Address first = lab.knows(1).dora(1);

        assertThat(new Lab(Mode.DHCP).knows(1).dora(1)).isEqualTo(first);
    }

    @Test
    void givesAnExpiredAddressToItsFormerHolderAndOnlyInNeedToAnother() {
        Inet4Address first = lab.knows(1).dora(1);
        lab.now = lab.now.plus(Duration.ofHours(2));
        for (int machine = 2; machine <= 4; machine++) {
            assertThat(lab.knows(machine).dora(machine)).isNotEqualTo(first);
        }

        assertThat(lab.dora(1)).isEqualTo(first);
        lab.now = lab.now.plus(Duration.ofHours(2));
        assertThat(lab.service.whoHas(first, lab.now)).isEmpty();
    }

    @Test
    void neverGivesReservedOrOwnAddressesFromThePool() {
        var link = new Link("eth0", ip("10.77.0.100"), Subnet.of(ip("10.77.0.100"), 24)
                .withRange(ip("10.77.0.99"), ip("10.77.0.103")).withRouter(ip("10.77.0.101"))
                .withDns(List.of(ip("10.77.0.102"))));
        var full = new Lab(Mode.DHCP, link, List.of());
        full.reserved.add(ip("10.77.0.99"));

        assertThat(full.knows(1).send(message(MessageType.DISCOVER, 1)).orElseThrow().yiaddr())
                .isEqualTo(ip("10.77.0.103"));
        assertThat(full.knows(2).send(with(message(MessageType.DISCOVER, 2), OptionCode.REQUESTED_ADDRESS,
                ip("10.77.0.99")))).isEmpty();
    }

    @Test
    void refusesTheReservedAddressWhileAnotherMachineHoldsIt() {
        lab.answers(1, "10.77.0.50", null).dora(1);
        lab.answers(2, "10.77.0.50", null);

        assertThat(lab.send(message(MessageType.DISCOVER, 2))).isEmpty();
        assertThat(lab.lastEvent()).contains(
                "its reserved address 10.77.0.50 is leased to 52:54:00:4b:4c:01 until 2026-11-21T04:00:00Z");
        lab.now = lab.now.plus(Duration.ofHours(1));
        assertThat(lab.dora(2)).isEqualTo(ip("10.77.0.50"));
    }

    @Test
    void renewsAndRebinds() {
        Inet4Address address = lab.knows(1).dora(1);
        lab.now = lab.now.plus(Duration.ofMinutes(30));

        Outcome renewed = lab.outcome(message(MessageType.REQUEST, 1).withCiaddr(address), address.getHostAddress(), 68,
                Arrival.Service.DHCP);

        assertThat(renewed.reply()).isNotNull()
                .extracting(reply -> reply.to().getAddress()).isEqualTo(address);
        assertThat(lab.changes.getLast().until()).isEqualTo(lab.now.plus(Duration.ofHours(1)));
        assertThat(lab.lastEvent()).isEqualTo("ACK " + address.getHostAddress());
    }

    @Test
    void refusesAnAddressOfAnotherNetwork() {
        lab.knows(1);

        DhcpPacket nak = lab.send(with(message(MessageType.REQUEST, 1), OptionCode.REQUESTED_ADDRESS, ip("192.0.2.7")))
                .orElseThrow();

        assertThat(nak.type()).contains(MessageType.NAK);
        assertThat(nak.yiaddr()).isEqualTo(ip("0.0.0.0"));
        assertThat(nak.options().text(OptionCode.MESSAGE)).contains("192.0.2.7 is not in the network of 10.77.0.1/24");
        assertThat(nak.options().has(OptionCode.LEASE_TIME)).isFalse();
    }

    @Test
    void refusesWhatIsNotTheReservedAddress() {
        lab.answers(1, "10.77.0.11", null);

        assertThat(type(with(message(MessageType.REQUEST, 1), OptionCode.REQUESTED_ADDRESS, ip("10.77.0.100"))))
                .isEqualTo(MessageType.NAK);
        assertThat(lab.lastEvent()).isEqualTo("NAK 10.77.0.100 is not its reserved address 10.77.0.11");
    }

    @Test
    void acknowledgesAfterARebootWhatItWouldOfferAnyway() {
        lab.knows(1);

        assertThat(type(with(message(MessageType.REQUEST, 1), OptionCode.REQUESTED_ADDRESS, ip("10.77.0.102"))))
                .isEqualTo(MessageType.ACK);
        assertThat(type(with(message(MessageType.REQUEST, 1), OptionCode.REQUESTED_ADDRESS, ip("10.77.0.99"))))
                .isEqualTo(MessageType.NAK);
    }

    @Test
    void refusesTheAddressOfAnotherMachine() {
        Inet4Address taken = lab.knows(1).dora(1);
        lab.knows(2);

        assertThat(type(with(message(MessageType.REQUEST, 2), OptionCode.REQUESTED_ADDRESS, taken)))
                .isEqualTo(MessageType.NAK);
    }

    @Test
    void isSilentToARefusedAddressOfAnUnknownMachine() {
        assertThat(lab.send(with(message(MessageType.REQUEST, 9), OptionCode.REQUESTED_ADDRESS, ip("192.0.2.7"))))
                .isEmpty();
    }

    @Test
    void tellsWhenAnotherServerWasChosenAndFreesTheOffer() {
        Inet4Address offered = lab.knows(1).send(message(MessageType.DISCOVER, 1)).orElseThrow().yiaddr();

        assertThat(lab.send(select(message(MessageType.REQUEST, 1), ip("10.77.0.2"), ip("10.77.0.200")))).isEmpty();

        assertThat(lab.events.getLast()).isInstanceOfSatisfying(PxeEvent.ForeignServer.class,
                event -> assertThat(event.address()).isEqualTo(ip("10.77.0.2")));
        lab.knows(2);
        assertThat(type(select(message(MessageType.REQUEST, 2), SERVER, offered))).isEqualTo(MessageType.ACK);
    }

    @Test
    void freesAReleasedAddress() {
        Inet4Address address = lab.knows(1).dora(1);

        assertThat(lab.send(with(message(MessageType.RELEASE, 1).withCiaddr(address), OptionCode.SERVER_ID, SERVER)))
                .isEmpty();

        assertThat(lab.service.whoHas(address, lab.now)).isEmpty();
        assertThat(lab.changes.getLast().state()).isEqualTo(Lease.State.RELEASED);
        lab.knows(2);
        assertThat(type(select(message(MessageType.REQUEST, 2), SERVER, address))).isEqualTo(MessageType.ACK);
    }

    @Test
    void doesNotReleaseTheAddressOfAnother() {
        Inet4Address address = lab.knows(1).dora(1);

        lab.send(message(MessageType.RELEASE, 2).withCiaddr(address));

        assertThat(lab.service.whoHas(address, lab.now)).contains(mac(1));
        assertThat(lab.lastEvent()).contains("it has no lease on");
    }

    @Test
    void keepsADeclinedAddressFromEverybodyForTenMinutes() {
        Inet4Address declined = lab.knows(1).dora(1);
        lab.send(with(with(message(MessageType.DECLINE, 1), OptionCode.SERVER_ID, SERVER), OptionCode.REQUESTED_ADDRESS,
                declined));

        assertThat(lab.dora(1)).isNotEqualTo(declined);
        lab.knows(2);
        DhcpPacket wish = with(message(MessageType.REQUEST, 2), OptionCode.REQUESTED_ADDRESS, declined);
        assertThat(type(wish)).isEqualTo(MessageType.NAK);
        lab.now = lab.now.plus(Duration.ofMinutes(10));
        assertThat(type(wish)).isEqualTo(MessageType.ACK);
    }

    @Test
    void informsWithoutAnAddress() {
        lab.knows(1);

        DhcpPacket ack = lab.send(message(MessageType.INFORM, 1).withCiaddr(ip("10.77.0.200"))).orElseThrow();

        assertThat(ack.type()).contains(MessageType.ACK);
        assertThat(ack.yiaddr()).isEqualTo(ip("0.0.0.0"));
        assertThat(ack.options().has(OptionCode.LEASE_TIME)).isFalse();
        assertThat(ack.options().address(OptionCode.ROUTER)).contains(ip("10.77.0.254"));
        assertThat(lab.changes).isEmpty();
    }

    @Test
    void echoesClientIdentifierAndRelayInformation() {
        DhcpPacket discover = lab.knows(1).send(message(MessageType.DISCOVER, 1)).orElseThrow();
        assertThat(discover.options().has(OptionCode.CLIENT_ID)).isFalse();

        DhcpPacket asking = message(MessageType.DISCOVER, 1).withGiaddr(ip("10.77.0.9"));
        DhcpPacket offer = lab.send(asking.withOptions(asking.options().with(OptionCode.RELAY_AGENT_INFORMATION,
                new byte[]{1, 2, 7, 7}).with(OptionCode.CLIENT_ID, new byte[]{0, 9, 9}))).orElseThrow();

        assertThat(offer.options().bytes(OptionCode.CLIENT_ID)).contains(new byte[]{0, 9, 9});
        assertThat(offer.options().codes()).last().isEqualTo(OptionCode.RELAY_AGENT_INFORMATION);
        assertThat(offer.giaddr()).isEqualTo(ip("10.77.0.9"));
    }

    @Test
    void doesNotServeARelayOfANetworkThatItDoesNotKnow() {
        lab.knows(1);

        assertThat(lab.send(message(MessageType.DISCOVER, 1).withGiaddr(ip("192.0.2.1")))).isEmpty();
        assertThat(lab.lastEvent()).contains("its relay is 192.0.2.1, which is in no network that is served here");
    }

    @Test
    void restoresLeases() {
        var restored = new Lab(Mode.DHCP, Lab.LINK, List.of(
                new Lease(ip("10.77.0.102"), mac(7), Lease.State.BOUND, Lab.START.plusSeconds(60)),
                new Lease(ip("192.0.2.1"), mac(8), Lease.State.BOUND, Lab.START.plusSeconds(60))));

        assertThat(restored.knows(7).dora(7)).isEqualTo(ip("10.77.0.102"));
        assertThat(restored.service.whoHas(ip("192.0.2.1"), Lab.START)).isEmpty();
    }

    @Test
    void neverBindsOneAddressToTwoMachinesWhateverTheyDo() {
        var random = new Random(20261121);
        for (int machine = 1; machine <= 9; machine++) {
            lab.knows(machine);
        }
        MessageType[] types = {MessageType.DISCOVER, MessageType.REQUEST, MessageType.REQUEST, MessageType.RELEASE,
                MessageType.DECLINE};
        for (int step = 0; step < 20_000; step++) {
            lab.now = lab.now.plusSeconds(random.nextInt(200));
            Inet4Address address = Ipv4.of(Ipv4.value(ip("10.77.0.98")) + random.nextInt(8));
            DhcpPacket packet = message(types[random.nextInt(types.length)], 1 + random.nextInt(9));
            packet = random.nextBoolean() ? with(packet, OptionCode.REQUESTED_ADDRESS, address) : packet;
            packet = random.nextBoolean() ? with(packet, OptionCode.SERVER_ID, SERVER) : packet;
            packet = random.nextInt(3) == 0 ? packet.withCiaddr(address) : packet;
            var before = lab.service.whoHas(address, lab.now);
            var reply = lab.send(packet);
            if (reply.isPresent() && reply.get().type().equals(Optional.of(MessageType.ACK))) {
                Inet4Address given = reply.get().yiaddr();
                assertThat(lab.service.whoHas(given, lab.now)).as("step %d", step).contains(packet.mac());
                if (given.equals(address)) {
                    assertThat(before.orElse(packet.mac())).as("step %d", step).isEqualTo(packet.mac());
                }
            }
        }
        assertThat(lab.changes).extracting(Lease::state).contains(Lease.State.BOUND, Lease.State.RELEASED,
                Lease.State.DECLINED);
    }

    private MessageType type(DhcpPacket packet) {
        return lab.send(packet).orElseThrow().type().orElseThrow();
    }

    @Test
    void tellsHowFarThePoolIsUsed() {
        var lab = new Lab(Mode.DHCP).knows(1).knows(2).answers(3, "10.77.0.50", null);
        lab.dora(1);
        lab.send(message(MessageType.DISCOVER, 2));
        lab.dora(3);
        assertThat(lab.service.pools(lab.now)).containsExactly(new PoolUse("10.77.0.1/24", 4, 2, 2, 1, 0));

        Inet4Address bound = lab.dora(2);
        lab.send(with(message(MessageType.DECLINE, 2), OptionCode.REQUESTED_ADDRESS, bound));
        assertThat(lab.service.pools(lab.now)).containsExactly(new PoolUse("10.77.0.1/24", 4, 2, 2, 0, 1));
        lab.now = lab.now.plus(Duration.ofDays(1));
        assertThat(lab.service.pools(lab.now)).containsExactly(new PoolUse("10.77.0.1/24", 4, 4, 0, 0, 0));
    }
}
