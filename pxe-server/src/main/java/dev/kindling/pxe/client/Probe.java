package dev.kindling.pxe.client;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.MessageType;
import dev.kindling.pxe.dhcp.OptionCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Asks a network who would answer a machine that boots, with what, and whether that is there. It takes no offer:
 * servers keep the address that they offered for about a minute.
 */
public final class Probe {
    private static final List<Machine.Kind> KINDS = List.of(Machine.Kind.BIOS_PXE, Machine.Kind.UEFI_PXE,
            Machine.Kind.UEFI_ARM64_PXE, Machine.Kind.UEFI_HTTP, Machine.Kind.UEFI_IPXE);
    private static final List<Machine.Kind> PXE_KINDS = List.of(Machine.Kind.BIOS_PXE, Machine.Kind.UEFI_PXE,
            Machine.Kind.UEFI_ARM64_PXE);
    private static final int BOOT_SERVER_PORT = 4011;
    private static final InetSocketAddress EVERYONE = new InetSocketAddress(InetAddress.ofLiteral("255.255.255.255"),
            67);

    private Probe() {}

    /**
     * An answer.
     *
     * @param asked as which firmware we asked
     * @param server who answers (option 54, else the sender)
     * @param role {@code dhcp}, {@code proxy} (an offer without an address), or {@code boot-server} (port 4011)
     * @param address that it offers; null: none
     * @param bootFile that it names; null: none
     * @param nextServer who has that file; null: not said
     * @param leaseSeconds option 51; -1: not said
     * @param vendorOptions option 43 in hexadecimal; empty: none
     * @param vendorWords what option 43 says, in words, where it is PXE's
     * @param millis after the question
     */
    public record Found(Machine.Kind asked, InetAddress server, String role, @Nullable InetAddress address,
            @Nullable String bootFile, @Nullable InetAddress nextServer, int leaseSeconds, String vendorOptions,
            List<String> vendorWords, long millis) {
        public Found {
            vendorWords = List.copyOf(vendorWords);
        }
    }

    /** All answers, whether the files that they name are there, and what is wrong with all that together. */
    public record Report(List<Found> answers, List<FileCheck> files, List<String> warnings) {
        public Report {
            answers = List.copyOf(answers);
            files = List.copyOf(files);
            warnings = List.copyOf(warnings);
        }
    }

    /**
     * Asks, as each kind of firmware, and gathers the answers.
     *
     * @param device network interface; needs CAP_NET_RAW
     * @param mac that we ask with, best the interface's own
     * @param own an address of ours on it, for questions to port 4011 and for files; null: they are not asked
     * @param wait for answers
     */
    public static Report run(String device, MacAddress mac, @Nullable InetAddress own, Duration wait,
            RandomGenerator random) throws IOException, InterruptedException {
        try (var wire = new FrameWire(device)) {
            var questions = new HashMap<Integer, Machine.Kind>();
            var found = new LinkedHashMap<String, Found>();
            long start = System.nanoTime();
            for (Machine.Kind kind : KINDS) {
                int xid = random.nextInt();
                questions.put(xid, kind);
                wire.send(question(kind, mac, xid, MessageType.DISCOVER, null), EVERYONE);
            }
            gather(wire, questions, start, start + wait.toNanos(), "", found);
            askBootServers(wire, mac, own, wait, random, found);
            var answers = List.copyOf(found.values());
            List<FileCheck> files = own == null ? List.of() : files(answers, own);
            var warnings = new ArrayList<>(warnings(answers));
            files.stream().filter(file -> file.problem() != null).map(FileCheck::text).forEach(warnings::add);
            return new Report(answers, files, warnings);
        }
    }

    /** Each file that was named, once. */
    private static List<FileCheck> files(List<Found> answers, InetAddress own)
            throws IOException, InterruptedException {
        var checks = new LinkedHashMap<String, FileCheck>();
        for (Found each : answers) {
            String file = each.bootFile();
            InetAddress server = each.nextServer() == null ? each.server() : each.nextServer();
            String key = server + " " + file;
            if (file != null && !checks.containsKey(key)) {
                checks.put(key, file.contains("://") ? FileCheck.http(file) : FileCheck.tftp(own, server, file));
            }
        }
        return List.copyOf(checks.values());
    }

    /** Firmware that is offered a boot server without a file asks it on port 4011: so do we, whatever was offered. */
    private static void askBootServers(FrameWire wire, MacAddress mac, @Nullable InetAddress own, Duration wait,
            RandomGenerator random, Map<String, Found> found) throws IOException, InterruptedException {
        var servers = new TreeSet<>(found.values().stream().map(each -> each.server().getHostAddress()).toList());
        if (own == null || servers.isEmpty()) {
            return;
        }
        var questions = new HashMap<Integer, Machine.Kind>();
        long start = System.nanoTime();
        for (String server : servers) {
            for (Machine.Kind kind : PXE_KINDS) {
                int xid = random.nextInt();
                questions.put(xid, kind);
                wire.send(question(kind, mac, xid, MessageType.REQUEST, own),
                        new InetSocketAddress(InetAddress.ofLiteral(server), BOOT_SERVER_PORT));
            }
        }
        gather(wire, questions, start, start + wait.toNanos(), "boot-server", found);
    }

    private static ByteBuffer question(Machine.Kind kind, MacAddress mac, int xid, MessageType type,
            @Nullable InetAddress own) {
        var machine = new Machine(mac, new UUID(0, xid), kind, Map.of());
        DhcpPacket message = Requests.first(kind).message(machine, xid, type, DhcpOptions.none());
        return ByteBuffer.wrap((own == null ? message.withBroadcast(true) : message.withCiaddr(own)).encode());
    }

    private static void gather(FrameWire wire, Map<Integer, Machine.Kind> questions, long start, long deadline,
            String role, Map<String, Found> found) throws IOException, InterruptedException {
        for (var got = wire.receive(deadline); got != null; got = wire.receive(deadline)) {
            byte[] octets = new byte[got.octets().remaining()];
            got.octets().get(octets);
            if (DhcpPacket.decode(octets) instanceof DhcpPacket packet && packet.op() == DhcpPacket.Op.REPLY
                    && questions.containsKey(packet.xid())) {
                Found answer = found(questions.get(packet.xid()), packet, got.from().getAddress(), role,
                        (System.nanoTime() - start) / 1_000_000);
                found.putIfAbsent(answer.asked() + " " + answer.server() + " " + answer.role(), answer);
            }
        }
    }

    static Found found(Machine.Kind asked, DhcpPacket packet, InetAddress from, String role, long millis) {
        boolean address = !packet.yiaddr().isAnyLocalAddress();
        InetAddress server = packet.options().address(OptionCode.SERVER_ID).<InetAddress>map(one -> one).orElse(from);
        return new Found(asked, server, !role.isEmpty() ? role : address ? "dhcp" : "proxy",
                address ? packet.yiaddr() : null, packet.bootFile().orElse(null),
                packet.siaddr().isAnyLocalAddress() ? null : packet.siaddr(),
                packet.options().number(OptionCode.LEASE_TIME).orElse(-1),
                packet.options().bytes(OptionCode.VENDOR_SPECIFIC).map(HexFormat.of()::formatHex).orElse(""),
                packet.options().inner(OptionCode.VENDOR_SPECIFIC).map(VendorWords::of).orElse(List.of()), millis);
    }

    static List<String> warnings(List<Found> answers) {
        var warnings = new ArrayList<String>();
        var addresses = new TreeSet<String>();
        var boots = new TreeSet<String>();
        for (Found each : answers) {
            if (each.address() != null) {
                addresses.add(each.server().getHostAddress());
            }
            if (each.bootFile() != null) {
                boots.add(each.server().getHostAddress());
            }
        }
        if (answers.isEmpty()) {
            warnings.add("nobody answers: a machine here gets no address and boots nothing from the network");
        } else if (addresses.isEmpty()) {
            warnings.add("nobody gives addresses: ProxyDHCP alone does not boot a machine");
        }
        if (addresses.size() > 1) {
            warnings.add("%d DHCP servers give addresses: %s. A machine takes the first one that it hears"
                    .formatted(addresses.size(), String.join(", ", addresses)));
        }
        if (boots.size() > 1) {
            warnings.add("%d servers say what to boot: %s. Which one wins differs from firmware to firmware: leave one"
                    .formatted(boots.size(), String.join(", ", boots)));
        }
        if (boots.isEmpty() && !addresses.isEmpty()) {
            warnings.add("nobody says what to boot");
        }
        answers.stream().filter(each -> !each.vendorOptions().isEmpty() && each.vendorWords().isEmpty())
                .map(each -> "option 43 of %s is not PXE's: firmware may refuse its offer"
                        .formatted(each.server().getHostAddress()))
                .distinct().forEach(warnings::add);
        return warnings;
    }
}
