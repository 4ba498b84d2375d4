package dev.kindling.pxe.dhcp;

import static dev.kindling.pxe.dhcp.Lab.SERVER;
import static dev.kindling.pxe.dhcp.Lab.ip;
import static dev.kindling.pxe.dhcp.Lab.mac;
import static dev.kindling.pxe.dhcp.Lab.message;
import static dev.kindling.pxe.dhcp.Lab.pxe;
import static dev.kindling.pxe.dhcp.Lab.select;
import static dev.kindling.pxe.dhcp.Lab.with;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.PxeMenu;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Several networks behind relays, strangers on the link, and machines that take no offer. */
class NetworksTest {
    private static final Subnet ROW_A = Subnet.of(ip("10.80.0.0"), 24).withRange(ip("10.80.0.10"), ip("10.80.0.20"))
            .withRouter(ip("10.80.0.1")).withLeaseTime(Duration.ofMinutes(10));
    private static final Subnet ROW_B = Subnet.of(ip("10.81.0.0"), 24).withRange(ip("10.81.0.10"), ip("10.81.0.20"));
    private final Lab lab = new Lab(Mode.DHCP, List.of(ROW_A, ROW_B)).knows(1).knows(2).knows(3).knows(4).knows(5);

    @Test
    @DisplayName("lesson 8: a relay gets the reply at its port 67, of at least 300 bytes, with option 82 last")
    void answersARelayAsItNeedsIt() {
        byte[] relayed = {1, 4, 'e', 't', 'h', '7', 2, 2, 7, 7};
        DhcpPacket discover = message(MessageType.DISCOVER, 1).withGiaddr(ip("10.80.0.1"));
        Outcome outcome = lab.outcome(discover.withOptions(discover.options()
                .with(OptionCode.RELAY_AGENT_INFORMATION, relayed)), "10.80.0.1", 67, Arrival.Service.DHCP);

        assertThat(outcome.reply()).isNotNull().satisfies(reply -> {
            assertThat(reply.to()).isEqualTo(new InetSocketAddress("10.80.0.1", 67));
            assertThat(reply.hardware()).isNull();
            assertThat(reply.payload()).hasSizeGreaterThanOrEqualTo(300);
            var offer = (DhcpPacket) DhcpPacket.decode(reply.payload());
            assertThat(offer.yiaddr().getHostAddress()).startsWith("10.80.0.");
            assertThat(offer.options().address(OptionCode.ROUTER)).contains(ip("10.80.0.1"));
            assertThat(offer.options().address(OptionCode.SERVER_ID)).contains(ip("10.77.0.1"));
            assertThat(offer.options().number(OptionCode.LEASE_TIME)).hasValue(600);
            assertThat(offer.options().codes()).last().isEqualTo(OptionCode.RELAY_AGENT_INFORMATION);
            assertThat(offer.options().bytes(OptionCode.RELAY_AGENT_INFORMATION)).contains(relayed);
        });
        assertThat(lab.asked.getLast().way()).isEqualTo(new Client.Way("eth0", null, ip("10.80.0.1"), "eth7", "0707"));
    }

    @Test
    void theRelaysLinkSelectionGoesBeforeItsAddress() {
        DhcpPacket discover = message(MessageType.DISCOVER, 1).withGiaddr(ip("10.80.0.1"));
        DhcpPacket selecting = discover.withOptions(discover.options().with(OptionCode.RELAY_AGENT_INFORMATION,
                new byte[]{5, 4, 10, 81, 0, 0}).with(OptionCode.SUBNET_SELECTION, ip("10.77.0.0")));

        assertThat(lab.send(selecting).orElseThrow().yiaddr().getHostAddress()).startsWith("10.81.0.");
    }

    @Test
    void aClientMaySelectItsNetwork() {
        assertThat(lab.send(with(message(MessageType.DISCOVER, 1), OptionCode.SUBNET_SELECTION, ip("10.81.0.0")))
                .orElseThrow().yiaddr().getHostAddress()).startsWith("10.81.0.");
        assertThat(lab.send(with(message(MessageType.DISCOVER, 2), OptionCode.SUBNET_SELECTION, ip("192.0.2.0"))))
                .isEmpty();
        assertThat(lab.lastEvent()).contains("it selects the network of 192.0.2.0, which is in no network");
    }

    @Test
    void aMachineBehindARelayRenewsWithoutIt() {
        DhcpPacket discover = message(MessageType.DISCOVER, 1).withGiaddr(ip("10.80.0.1"));
        Inet4Address address = lab.send(discover).orElseThrow().yiaddr();
        lab.send(select(message(MessageType.REQUEST, 1).withGiaddr(ip("10.80.0.1")), SERVER, address));

        Outcome renewed = lab.outcome(message(MessageType.REQUEST, 1).withCiaddr(address), address.getHostAddress(),
                68, Arrival.Service.DHCP);

        assertThat(renewed.reply()).isNotNull().satisfies(reply -> {
            assertThat(reply.to()).isEqualTo(new InetSocketAddress(address, 68));
            assertThat(((DhcpPacket) DhcpPacket.decode(reply.payload())).type()).contains(MessageType.ACK);
        });
    }

    @Test
    void refusesInOneNetworkTheAddressOfAnother() {
        Inet4Address address = lab.send(message(MessageType.DISCOVER, 1).withGiaddr(ip("10.80.0.1"))).orElseThrow()
                .yiaddr();

        DhcpPacket nak = lab.send(with(message(MessageType.REQUEST, 1).withGiaddr(ip("10.81.0.1")),
                OptionCode.REQUESTED_ADDRESS, address)).orElseThrow();

        assertThat(nak.type()).contains(MessageType.NAK);
        // so that the relay broadcasts it
        assertThat(nak.broadcast()).isTrue();
    }

    @Test
    void hasTheAddressCheckedBeforeItIsOfferedAndNotAgainSoon() {
        Outcome first = lab.outcome(message(MessageType.DISCOVER, 1), "0.0.0.0", 68, Arrival.Service.DHCP);
        Inet4Address address = Objects.requireNonNull(first.unchecked());

        lab.service.unanswered(address, lab.now);
        assertThat(lab.outcome(message(MessageType.DISCOVER, 1), "0.0.0.0", 68, Arrival.Service.DHCP).unchecked())
                .isNull();
        lab.now = lab.now.plus(Duration.ofMinutes(6));
        assertThat(lab.outcome(message(MessageType.DISCOVER, 1), "0.0.0.0", 68, Arrival.Service.DHCP).unchecked())
                .isEqualTo(address);
        lab.dora(1);
        lab.now = lab.now.plus(Duration.ofMinutes(6));
        // it holds it now
        assertThat(lab.outcome(message(MessageType.DISCOVER, 1), "0.0.0.0", 68, Arrival.Service.DHCP).unchecked())
                .isNull();
    }

    @Test
    void offersAnotherAddressWhereAStrangerUsesTheOne() {
        Inet4Address address = lab.send(message(MessageType.DISCOVER, 1)).orElseThrow().yiaddr();

        Outcome found = lab.service.inUse(address, mac(0x66), lab.now);

        assertThat(found.changes()).containsExactly(new Lease(address, mac(0x66), Lease.State.DECLINED,
                lab.now.plus(Duration.ofMinutes(10))));
        assertThat(found.events()).singleElement().isInstanceOfSatisfying(PxeEvent.AddressConflict.class,
                event -> assertThat(event.mac()).isEqualTo(mac(0x66)));
        assertThat(lab.service.inUse(address, mac(0x66), lab.now).events()).isEmpty();
        assertThat(lab.send(message(MessageType.DISCOVER, 1)).orElseThrow().yiaddr()).isNotEqualTo(address);
        assertThat(lab.send(select(message(MessageType.REQUEST, 1), SERVER, address)).orElseThrow().type())
                .contains(MessageType.NAK);
    }

    @Test
    void theMachineItselfMayUseItsAddress() {
        Inet4Address address = lab.send(message(MessageType.DISCOVER, 1)).orElseThrow().yiaddr();

        assertThat(lab.service.inUse(address, mac(1), lab.now).changes()).isEmpty();
        assertThat(lab.service.inUse(ip("10.77.0.9"), mac(0x66), lab.now).changes()).isEmpty();
        assertThat(lab.dora(1)).isEqualTo(address);
        // nor does a stranger take away what is acknowledged
        assertThat(lab.service.inUse(address, mac(0x66), lab.now).changes()).isEmpty();
    }

    /** RFC 5107 section 4: in OFFER and ACK, and in the REQUEST that names it; next-server stays ours. */
    @Test
    void standsAsTheRelayWhereItOverridesTheServerIdentifier() {
        var lab = new Lab(Mode.DHCP).answers(1, null, "snponly.efi");
        byte[] override = {11, 4, 10, 77, 0, (byte) 254};
        DhcpPacket discover = pxe(MessageType.DISCOVER, 1, 7).withGiaddr(ip("10.77.0.254"));
        DhcpPacket offer = lab.send(discover.withOptions(discover.options()
                .with(OptionCode.RELAY_AGENT_INFORMATION, override))).orElseThrow();
        assertThat(offer.options().address(OptionCode.SERVER_ID)).contains(ip("10.77.0.254"));
        assertThat(offer.siaddr()).isEqualTo(SERVER);

        DhcpPacket request = select(pxe(MessageType.REQUEST, 1, 7).withGiaddr(ip("10.77.0.254")), ip("10.77.0.254"),
                offer.yiaddr());
        DhcpPacket ack = lab.send(request.withOptions(request.options().with(OptionCode.RELAY_AGENT_INFORMATION,
                override))).orElseThrow();
        assertThat(ack.type()).contains(MessageType.ACK);
        assertThat(ack.options().address(OptionCode.SERVER_ID)).contains(ip("10.77.0.254"));

        // without the relay's word for it, that address is another server
        assertThat(lab.send(request)).isEmpty();
    }

    @Test
    @DisplayName("lesson 1: a machine that takes none of our offers is named, with the likely reason")
    void tellsOfAMachineThatTakesNoOffer() {
        lab.answers(1, null, "snponly.efi");
        for (int time = 0; time < 7; time++) {
            lab.send(pxe(MessageType.DISCOVER, 1, 7));
            lab.now = lab.now.plusSeconds(4);
        }

        assertThat(lab.events.stream().filter(PxeEvent.Stalled.class::isInstance)).extracting(PxeEvent::text)
                .hasSize(2).first().asString().startsWith(
                        "UEFI x64 PXE firmware was sent our offer 3 times in 12 s and took none: our answers do not");
        lab.events.clear();
        lab.dora(1);
        lab.send(pxe(MessageType.DISCOVER, 1, 7));
        assertThat(lab.events).noneMatch(PxeEvent.Stalled.class::isInstance);
    }

    @Test
    @DisplayName("lesson 1: beside a foreign server it is said that firmware may not put two offers together")
    void tellsOfFirmwareThatDoesNotMergeTwoOffers() {
        var proxy = new Lab(Mode.PROXY).answers(1, null, "snponly.efi");
        for (int time = 0; time < 4; time++) {
            proxy.send(pxe(MessageType.DISCOVER, 1, 7));
        }

        assertThat(proxy.events.stream().filter(PxeEvent.Stalled.class::isInstance)).singleElement()
                .extracting(PxeEvent::text).asString().contains("does not put two offers together");
    }

    @Test
    @DisplayName("lesson 17: another server that is overheard is named once, with what it offers")
    void namesAnotherServerThatIsOverheard() {
        byte[] offer = message(MessageType.DISCOVER, 9).reply().withYiaddr(ip("10.77.0.200"))
                .withSiaddr(ip("10.77.0.3")).withFile("pxelinux.0")
                .withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, MessageType.OFFER.code())
                        .with(OptionCode.SERVER_ID, ip("10.77.0.2")))
                .encode();
        var from = new InetSocketAddress("10.77.0.2", 67);

        assertThat(lab.service.overheard(offer, Lab.LINK, from, lab.now).events()).singleElement()
                .isInstanceOfSatisfying(PxeEvent.ForeignServer.class, event -> {
                    assertThat(event.address()).isEqualTo(ip("10.77.0.2"));
                    assertThat(event.offers())
                            .isEqualTo(new PxeEvent.Offer(ip("10.77.0.200"), ip("10.77.0.3"), "pxelinux.0"));
                    assertThat(event.text()).isEqualTo("another DHCP server, 10.77.0.2, on eth0 gives addresses, such"
                            + " as 10.77.0.200, and serves network boot, file pxelinux.0 from 10.77.0.3");
                });
        assertThat(lab.service.overheard(offer, Lab.LINK, from, lab.now).events()).isEmpty();
        assertThat(lab.service.overheard(offer, Lab.LINK, from, lab.now.plus(Duration.ofHours(1))).events()).hasSize(1);
        assertThat(lab.service.overheard(new byte[300], Lab.LINK, from, lab.now).events()).isEmpty();
        assertThat(lab.service.overheard(offer, Lab.LINK, new InetSocketAddress(SERVER, 67),
                lab.now.plus(Duration.ofHours(9))).events()).isEmpty();
    }

    @Test
    void aFloodOfForgedMachinesLeavesTheHoldersAlone() {
        Inet4Address address = lab.dora(1);
        for (int forged = 0; forged < 50_000; forged++) {
            var discover = DhcpPacket.request(new MacAddress(0x0600_0000_0000L + forged), forged)
                    .withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, MessageType.DISCOVER.code()));
            lab.answers.put(discover.mac(), new Answer.Lease(null, null, null));
            lab.send(discover);
            lab.answers.remove(discover.mac());
            lab.events.clear();
            lab.now = lab.now.plusMillis(20);
        }

        assertThat(lab.service.whoHas(address, lab.now)).contains(mac(1));
        assertThat(lab.outcome(message(MessageType.REQUEST, 1).withCiaddr(address), address.getHostAddress(),
                68, Arrival.Service.DHCP).reply()).isNotNull();
    }

    @Test
    void theTableGrowsWithItsAddressesAndNotWithThoseWhoAsk() {
        var table = new LeaseTable(ROW_A, List.of());
        var now = Lab.START;
        for (int forged = 0; forged < 10_000; forged++) {
            var stranger = new MacAddress(0x0600_0000_0000L + forged);
            var at = now.plusSeconds(forged);
            table.choose(stranger, null, _ -> false, at).ifPresent(address -> table
                    .put(new Lease(address, stranger, Lease.State.OFFERED, at.plusSeconds(60))));
            assertThat(table.all()).hasSizeLessThanOrEqualTo(11);
            if (forged > 1000) {
                assertThat(table.of(new MacAddress(0x0600_0000_0000L + forged - 1000))).isNull();
            }
        }
    }

    @Test
    @DisplayName("lesson 4: a Raspberry Pi says 0 like a PC; its hardware address tells, and 43.9 and 43.10 lead it")
    void tellsARaspberryPiItsMenu() {
        DhcpPacket discover = pxe(MessageType.DISCOVER, 1, 0);
        var pi = new DhcpPacket(discover.op(), 0, 1, 0, true, Ipv4.ZERO, Ipv4.ZERO, Ipv4.ZERO, Ipv4.ZERO,
                new MacAddress("dc:a6:32:01:02:03"), "", "", discover.options());
        lab.answers.put(pi.mac(), new Answer.Lease(null, null, "bootcode.bin"));

        DhcpOptions inner = lab.send(pi).orElseThrow().options().inner(OptionCode.VENDOR_SPECIFIC).orElseThrow();

        assertThat(lab.asked.getLast().firmware()).isEqualTo(Firmware.RASPBERRY_PI);
        assertThat(inner.bytes(OptionCode.PXE_BOOT_MENU)).contains("\0\0\21Raspberry Pi Boot".getBytes(
                StandardCharsets.US_ASCII));
        assertThat(inner.bytes(OptionCode.PXE_MENU_PROMPT)).contains("\0PXE".getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void showsABootMenuAndServesTheItemThatWasChosen() {
        var menu = new PxeMenu("Press F8", Duration.ofSeconds(5), List.of(
                new PxeMenu.Item(0, "Local disk"), new PxeMenu.Item(32768, "Install")));
        for (Mode mode : new Mode[]{Mode.DHCP, Mode.PROXY}) {
            var menus = new Lab(mode);
            menus.answers.put(mac(1), new Answer.Lease(null, null, "snponly.efi", menu));
            DhcpPacket offer = menus.send(pxe(MessageType.DISCOVER, 1, 7)).orElseThrow();
            DhcpOptions inner = offer.options().inner(OptionCode.VENDOR_SPECIFIC).orElseThrow();

            assertThat(inner.number(OptionCode.PXE_DISCOVERY_CONTROL)).hasValue(7);
            assertThat(inner.bytes(OptionCode.PXE_BOOT_SERVERS)).contains(
                    new byte[]{(byte) 0x80, 0, 1, 10, 77, 0, 1});
            assertThat(inner.bytes(OptionCode.PXE_BOOT_MENU)).contains(
                    "\0\0\12Local disk\200\0\7Install".getBytes(StandardCharsets.ISO_8859_1));
            assertThat(inner.bytes(OptionCode.PXE_MENU_PROMPT)).contains(
                    "\5Press F8".getBytes(StandardCharsets.US_ASCII));
            assertThat(offer.bootFile()).isEmpty();

            DhcpPacket request = pxe(MessageType.REQUEST, 1, 7).withCiaddr(ip("10.77.0.20"));
            Outcome chosen = menus.outcome(request.withOptions(request.options().with(OptionCode.VENDOR_SPECIFIC,
                    DhcpOptions.none().with(OptionCode.PXE_BOOT_ITEM, new byte[]{(byte) 0x80, 0, 0, 0}))),
                    "10.77.0.20", 68, Arrival.Service.BOOT_SERVER);
            assertThat(menus.asked.getLast().sent().bootItem()).isEqualTo(32768);
            assertThat(chosen.reply()).isNotNull().satisfies(reply -> assertThat(
                    ((DhcpPacket) DhcpPacket.decode(reply.payload())).bootFile()).contains("snponly.efi"));
        }
    }

    @Test
    void theBootSourceHearsAllThatAClientSaysOfItself() {
        DhcpPacket discover = pxe(MessageType.DISCOVER, 1, 7);
        lab.send(discover.withOptions(discover.options().with(OptionCode.CLIENT_ID, new byte[]{0, 1, 2})
                .with(OptionCode.CLIENT_ARCHITECTURE, new byte[]{0, 9, 0, 16}).with(OptionCode.USER_CLASS, "\3abc")));

        assertThat(lab.asked.getLast().sent()).isEqualTo(new Client.Sent("000102", List.of(9, 16),
                "PXEClient:Arch:00007:UNDI:003016", "abc", null));
    }
}
