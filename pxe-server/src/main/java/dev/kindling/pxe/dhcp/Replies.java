package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.PxeMenu;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** What stands in our messages. Options are added in the order of their importance: see {@link DhcpPacket#encode}. */
final class Replies {
    /** What an Ethernet frame carries in UDP. */
    private static final int ETHERNET_LIMIT = 1500 - 28;
    /** The {@code file} field less its NUL. */
    private static final int FILE_ROOM = 127;
    /** PXE 2.1 table 2-1, tag 6: bit 3 is "download the boot file that this offer names, ask no boot server". */
    private static final int USE_THIS_BOOT_FILE = 8;

    /** Bits 0 to 2: no broadcast, no multicast, and only the boot servers that are listed. */
    private static final int ASK_LISTED_SERVERS = 7;
    /** The boot ROM takes an offer only with this text as its menu's only item; it boots without showing it. */
    private static final DhcpOptions RASPBERRY_PI = DhcpOptions.none()
            .withByte(OptionCode.PXE_DISCOVERY_CONTROL, 3)
            .with(OptionCode.PXE_BOOT_MENU, "\0\0\21Raspberry Pi Boot").with(OptionCode.PXE_MENU_PROMPT, "\0PXE");

    private Replies() {}

    /** How much UDP payload the sender of {@code request} takes: option 57 counts the IP and UDP headers. */
    static int limit(DhcpPacket request) {
        int wanted = request.options().number(OptionCode.MAX_MESSAGE_SIZE).orElse(0) - 28;
        return Math.clamp(wanted, DhcpPacket.DEFAULT_LIMIT, ETHERNET_LIMIT);
    }

    /** An OFFER or ACK that gives {@code address}. */
    static DhcpPacket lease(Exchange x, MessageType type, Subnet subnet, InetAddress address,
            Answer.Lease answer) {
        DhcpPacket start = start(x, type);
        long seconds = Math.clamp(subnet.leaseTime().toSeconds(), 1, 0xffffffffL);
        DhcpOptions options = start.options().withInt(OptionCode.LEASE_TIME, (int) seconds);
        return finish(x, boot(x, network(subnet, answer, start.withOptions(options).withYiaddr(address)
                .withCiaddr(x.request().ciaddr())), answer, Role.DHCP));
    }

    /** The ACK to an INFORM: everything but an address and its time (RFC 2131 section 4.3.5). */
    static DhcpPacket inform(Exchange x, Subnet subnet, Answer.Lease answer) {
        DhcpPacket start = start(x, MessageType.ACK).withCiaddr(x.request().ciaddr());
        return finish(x, boot(x, network(subnet, answer, start), answer, Role.DHCP));
    }

    static DhcpPacket nak(Exchange x, String why) {
        DhcpPacket start = start(x, MessageType.NAK);
        // a relay has to broadcast it, for the client's address is what is refused (RFC 2131 section 4.3.2)
        boolean broadcast = x.request().broadcast() || !x.request().giaddr().isAnyLocalAddress();
        return finish(x, start.withBroadcast(broadcast).withOptions(start.options().with(OptionCode.MESSAGE, why)));
    }

    /** The offer of a ProxyDHCP server: what to boot, no address. */
    static DhcpPacket proxyOffer(Exchange x, Answer.Lease answer) {
        return finish(x, boot(x, start(x, MessageType.OFFER), answer, Role.PROXY));
    }

    /** The answer of a boot server, on port 4011. */
    static DhcpPacket bootServerAck(Exchange x, Answer.Lease answer) {
        return finish(x, boot(x, start(x, MessageType.ACK).withCiaddr(x.request().ciaddr()), answer,
                Role.BOOT_SERVER));
    }

    private enum Role {
        DHCP,
        PROXY,
        BOOT_SERVER
    }

    private static DhcpPacket start(Exchange x, MessageType type) {
        return x.request().reply().withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, type.code())
                .with(OptionCode.SERVER_ID, x.identifier()));
    }

    private static DhcpPacket network(Subnet subnet, Answer.Lease answer, DhcpPacket reply) {
        DhcpOptions options = reply.options().withInt(OptionCode.SUBNET_MASK, Ipv4.mask(subnet.prefixLength()));
        if (subnet.router() != null) {
            options = options.with(OptionCode.ROUTER, subnet.router());
        }
        if (!subnet.dns().isEmpty()) {
            options = options.withAddresses(OptionCode.DOMAIN_SERVER, subnet.dns());
        }
        if (answer.hostName() != null) {
            options = options.with(OptionCode.HOST_NAME, answer.hostName());
        }
        if (subnet.domain() != null) {
            options = options.with(OptionCode.DOMAIN_NAME, subnet.domain());
        }
        int broadcast = Ipv4.value(subnet.network()) | ~Ipv4.mask(subnet.prefixLength());
        return reply.withOptions(options.with(OptionCode.BROADCAST_ADDRESS, Ipv4.of(broadcast)));
    }

    private static DhcpPacket boot(Exchange x, DhcpPacket reply, Answer.Lease answer, Role role) {
        PxeMenu menu = role != Role.BOOT_SERVER && x.caller().agent() == Agent.FIRMWARE_PXE ? answer.menu() : null;
        if (menu != null) {
            return reply.withSiaddr(x.link().address()).withOptions(reply.options()
                    .with(OptionCode.VENDOR_CLASS, "PXEClient")
                    .with(OptionCode.VENDOR_SPECIFIC, menu(menu, x.link().address())));
        }
        String bootFile = answer.bootFile();
        if (bootFile == null) {
            return reply;
        }
        InetAddress server = x.link().address();
        // shim and GRUB look in siaddr, sname and file, others in options 66 and 67: all of them say the same
        DhcpPacket named = reply.withSiaddr(server).withSname(server.getHostAddress())
                .withFile(bootFile.length() <= FILE_ROOM ? bootFile : "");
        DhcpOptions options = reply.options();
        return named.withOptions(switch (x.caller().agent()) {
            // BIOS ROMs read options 66 and 67 as C strings
            case FIRMWARE_PXE -> pxe(x, options, role)
                    .with(OptionCode.TFTP_SERVER_NAME, cString(server.getHostAddress()))
                    .with(OptionCode.BOOT_FILE_NAME, cString(bootFile));
            // EDK2 takes an offer for HTTP boot only with this class, and for PXE with option 43
            case FIRMWARE_HTTP -> options.with(OptionCode.VENDOR_CLASS, "HTTPClient")
                    .with(OptionCode.BOOT_FILE_NAME, bootFile);
            case IPXE -> ipxe(options, role).with(OptionCode.TFTP_SERVER_NAME, server.getHostAddress())
                    .with(OptionCode.BOOT_FILE_NAME, bootFile);
            case OPERATING_SYSTEM -> options.with(OptionCode.TFTP_SERVER_NAME, server.getHostAddress())
                    .with(OptionCode.BOOT_FILE_NAME, bootFile);
        });
    }

    private static DhcpOptions pxe(Exchange x, DhcpOptions options, Role role) {
        DhcpOptions named = options.with(OptionCode.VENDOR_CLASS, "PXEClient");
        if (x.caller().firmware() == Firmware.RASPBERRY_PI && role != Role.BOOT_SERVER) {
            return named.with(OptionCode.VENDOR_SPECIFIC, RASPBERRY_PI);
        }
        DhcpOptions useBootFile = DhcpOptions.none().withByte(OptionCode.PXE_DISCOVERY_CONTROL, USE_THIS_BOOT_FILE);
        return switch (role) {
            // without option 43 the firmware would ask port 4011 first; we answer there too, it only takes longer
            case DHCP -> named.with(OptionCode.VENDOR_SPECIFIC, useBootFile);
            // some UEFI firmware drops a ProxyDHCP offer with discovery control, all of it asks port 4011 without one
            case PROXY -> switch (x.proxyOffer()) {
                case BY_FIRMWARE -> x.caller().firmware() == Firmware.BIOS
                        ? named.with(OptionCode.VENDOR_SPECIFIC, useBootFile)
                        : named;
                case NAMES_FILE -> named.with(OptionCode.VENDOR_SPECIFIC, useBootFile);
                case ASKS_BOOT_SERVER -> named;
            };
            case BOOT_SERVER -> bootItem(x).map(item -> named.with(OptionCode.VENDOR_SPECIFIC, item)).orElse(named);
        };
    }

    /** PXE 2.1 table 2-1: the items, us as the server of each, and the prompt. */
    private static DhcpOptions menu(PxeMenu menu, InetAddress server) {
        var servers = new ByteArrayOutputStream();
        var items = new ByteArrayOutputStream();
        for (PxeMenu.Item item : menu.items()) {
            byte[] text = item.text().getBytes(StandardCharsets.UTF_8);
            items.writeBytes(new byte[]{(byte) (item.type() >> 8), (byte) item.type(), (byte) text.length});
            items.writeBytes(text);
            if (item.type() != PxeMenu.LOCAL_BOOT) {
                servers.writeBytes(new byte[]{(byte) (item.type() >> 8), (byte) item.type(), 1});
                servers.writeBytes(server.getAddress());
            }
        }
        var prompt = new ByteArrayOutputStream();
        // 255: no time limit
        prompt.write(menu.timeout() == null ? 255 : (int) menu.timeout().toSeconds());
        prompt.writeBytes(menu.prompt().getBytes(StandardCharsets.UTF_8));
        return DhcpOptions.none().withByte(OptionCode.PXE_DISCOVERY_CONTROL, ASK_LISTED_SERVERS)
                .with(OptionCode.PXE_BOOT_SERVERS, servers.toByteArray())
                .with(OptionCode.PXE_BOOT_MENU, items.toByteArray())
                .with(OptionCode.PXE_MENU_PROMPT, prompt.toByteArray());
    }

    private static Optional<DhcpOptions> bootItem(Exchange x) {
        return x.request().options().inner(OptionCode.VENDOR_SPECIFIC)
                .flatMap(inner -> inner.bytes(OptionCode.PXE_BOOT_ITEM))
                .map(item -> DhcpOptions.none().with(OptionCode.PXE_BOOT_ITEM, item));
    }

    private static DhcpOptions ipxe(DhcpOptions options, Role role) {
        return switch (role) {
            case DHCP -> options.with(OptionCode.IPXE,
                    DhcpOptions.none().withByte(OptionCode.IPXE_NO_PROXY_DHCP, 1));
            // by this class iPXE tells a ProxyDHCP offer
            case PROXY, BOOT_SERVER -> options.with(OptionCode.VENDOR_CLASS, "PXEClient");
        };
    }

    /**
     * What is copied from the request: 97 (RFC 4578), 61 (RFC 6842), 82 (RFC 3046), the latter last in the encoding.
     */
    private static DhcpPacket finish(Exchange x, DhcpPacket reply) {
        DhcpOptions asked = x.request().options();
        DhcpOptions options = reply.options();
        if (x.caller().agent() != Agent.OPERATING_SYSTEM) {
            options = options.copying(asked, OptionCode.CLIENT_UUID);
        }
        return reply.withOptions(options.copying(asked, OptionCode.CLIENT_ID)
                .copying(asked, OptionCode.RELAY_AGENT_INFORMATION));
    }

    private static byte[] cString(String text) {
        return (text + '\0').getBytes(StandardCharsets.UTF_8);
    }
}
