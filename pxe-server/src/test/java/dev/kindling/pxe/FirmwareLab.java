package dev.kindling.pxe;

import dev.kindling.pxe.Namespace.Running;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A switch with the boot service (10.77.0.1), perhaps a foreign DHCP server (10.77.0.2), and a machine, in network
 * namespaces. What goes by is captured; a failure shows the machine's console, the service's events and the capture.
 */
final class FirmwareLab implements AutoCloseable {
    static final String SERVER = "10.77.0.1";
    static final String LINK = "srv0,10.77.0.1,24,10.77.0.100,10.77.0.199,3600";
    static final String LINK6 = "srv0,fd77::1,64";
    /** For one step of an emulated machine on a busy computer; no test fails of being slow. */
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final int TAIL = 40;
    private static final Path TEST_DATA = Path.of("src/test/resources/testdata/dhcp");
    /**
     * Debian's iPXE waits 13 s for IPv6 on a network where no router is heard. On its own network the service says that
     * there is none; behind a relay agent this does.
     */
    private static final String ADVERTISE = """
            import socket, struct, sys, time
            s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
            index = socket.if_nametoindex(sys.argv[1])
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
            s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            while True:
                try:
                    s.sendto(struct.pack(">BBHBBHII", 134, 0, 0, 64, 0, 0, 0, 0), ("ff02::1", 0, 0, index))
                except OSError:
                    pass
                time.sleep(0.25)
            """;

    private final Path directory;
    final Namespace network = new Namespace();
    final Namespace server = new Namespace(network);
    private final List<Namespace> others = new ArrayList<>();
    private final Path console;
    private final Path capture;
    private final Running capturing;
    private @Nullable Running service;
    private @Nullable Running machine;

    FirmwareLab(Path directory) throws IOException {
        this(directory, false);
    }

    /**
     * As above.
     *
     * @param relayed whether the machine's network is another one, 10.78.0.0/24, behind a router with ISC's relay agent
     */
    FirmwareLab(Path directory, boolean relayed) throws IOException {
        this.directory = directory;
        this.console = directory.resolve("console.log");
        this.capture = directory.resolve("boot.pcapng");
        network.run("ip", "link", "add", "br0", "type", "bridge", "stp_state", "0", "forward_delay", "0",
                "mcast_snooping", "0");
        network.run("ip", "link", "set", "br0", "up");
        network.run("ip", "tuntap", "add", "dev", "tap0", "mode", "tap");
        network.run("ip", "link", "set", "tap0", "master", "br0", "up");
        // an address that the kernel still asks the network about cannot be bound
        server.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad");
        if (relayed) {
            relay();
        } else {
            attach(server, "srv0", SERVER + "/24");
        }
        capturing = server.start(Namespace.tool("dumpcap", "tshark"), "-q", "-i", "srv0", "-w", capture.toString(),
                "-f", "port 67 or port 68 or port 69 or port 4011 or port 546 or port 547");
        capturing.await("File:");
    }

    private void relay() throws IOException {
        Namespace router = neighbour("rtr1", "10.78.0.1/24");
        server.cable("srv0", router, "rtr0", "52:54:00:77:01:01");
        server.run("ip", "address", "add", SERVER + "/24", "dev", "srv0");
        server.run("ip", "route", "add", "10.78.0.0/24", "via", "10.77.0.254");
        router.run("ip", "address", "add", "10.77.0.254/24", "dev", "rtr0");
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward");
        network.start(Namespace.tool("python3", "python3"), "-c", ADVERTISE, "br0");
        router.start(Namespace.tool("dhcrelay", "isc-dhcp-relay"), "-4", "-d", "--no-pid", "-a", "-id", "rtr1", "-iu",
                "rtr0", SERVER).await("Sending on");
    }

    /** A cable from the switch to an interface of that name there. */
    void attach(Namespace other, String device, String address) throws IOException {
        String mac = "52:54:00:77:00:%02x".formatted(others.size() + 1);
        network.cable("to-" + device, other, device, mac);
        network.run("ip", "link", "set", "to-" + device, "master", "br0");
        other.run("ip", "address", "add", address, "dev", device);
    }

    /** A place beside the others, on the switch. */
    Namespace neighbour(String device, String address) throws IOException {
        var other = new Namespace(network);
        others.add(other);
        attach(other, device, address);
        return other;
    }

    /** The network of {@link #LINK6}, with router advertisements. */
    static PxeConfig.Link6 link6() {
        return new PxeConfig.Link6("srv0", InetAddress.ofLiteral("fd77::1"), 64, InetAddress.ofLiteral("fd77::1000"),
                InetAddress.ofLiteral("fd77::1fff"), List.of(), null, Duration.ofHours(1), true);
    }

    /** Starts the service. */
    void serve(PxeConfig.Mode mode, Path root, String... loaders) throws IOException {
        serve(mode, LINK, root, loaders);
    }

    /** Starts the service for IPv6 alone. */
    void serveIpv6(Path root, String... loaders) throws IOException {
        server.run("ip", "address", "add", "fd77::1/64", "dev", "srv0", "nodad");
        serve(PxeConfig.Mode.NONE, LINK6, root, loaders);
    }

    private void serve(PxeConfig.Mode mode, String link, Path root, String... loaders) throws IOException {
        var arguments = Stream.concat(Stream.of(mode.name(), root.toString(), link), Arrays.stream(loaders))
                .toArray(String[]::new);
        service = server.start(Namespace.javaCommand(FirmwareServer.class, arguments));
        serverSays("READY");
    }

    void switchOn(VirtualMachine kind, String... more) throws IOException {
        machine = network.start(kind.command(console, directory, "tap0", more));
    }

    /** Waits for a line of the service that contains the text, behind those that were waited for before. */
    String serverSays(String text) throws IOException {
        try {
            return running(service).await(text, PATIENCE);
        } catch (AssertionError e) {
            throw new AssertionError("the service never said: " + text + evidence(), e);
        }
    }

    /**
     * Waits until the machine's console shows the text: menus and boxes are drawn without line ends.
     */
    void machineSays(String text) throws IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!consoleText().contains(text)) {
            if (running(machine).ends(Duration.ofMillis(200)) || System.nanoTime() > end) {
                throw new AssertionError("the machine never said: " + text + evidence());
            }
        }
    }

    private String consoleText() throws IOException {
        return Files.exists(console)
                ? Files.readString(console, StandardCharsets.ISO_8859_1).replaceAll("\u001b\\[[0-9;?=]*[a-zA-Z]", "")
                : "";
    }

    void machineSwitchesItselfOff() throws IOException {
        if (!running(machine).ends(PATIENCE)) {
            throw new AssertionError("the machine does not switch itself off" + evidence());
        }
    }

    /** All that the service has told. */
    List<String> events() {
        return running(service).said();
    }

    private static Running running(@Nullable Running program) {
        if (program == null) {
            throw new IllegalStateException("it was not started");
        }
        return program;
    }

    /**
     * With {@code -Dgolden.update} what the machine sent by DHCP, each message once, becomes test data:
     * {@code NAME-discover.hex} and so on.
     */
    void keep(String name) throws IOException {
        if (!Boolean.getBoolean("golden.update")) {
            return;
        }
        String sent = read("dhcp.type == 1 && (udp.dstport == 67 || udp.dstport == 4011)", "-T", "fields", "-e",
                "dhcp.option.dhcp", "-e", "udp.dstport", "-e", "udp.payload");
        for (String line : sent.lines().filter(each -> each.contains("\t")).toList().reversed()) {
            List<String> fields = List.of(line.split("\t"));
            String message = fields.get(1).equals("4011")
                    ? "boot-server-request"
                    : fields.get(0).equals("1") ? "discover" : "request";
            // the earliest is written last: what comes from the firmware, not from the loader
            Files.writeString(TEST_DATA.resolve(name + "-" + message + ".hex"),
                    fields.get(2).replaceAll("(.{64})", "$1\n").strip() + "\n");
        }
    }

    private String read(String filter, String... more) throws IOException {
        capturing.signal("INT");
        capturing.ends(PATIENCE);
        var command = new ArrayList<>(List.of(Namespace.tool("tshark", "tshark"), "-n", "-r", capture.toString(), "-Y",
                filter));
        command.addAll(List.of(more));
        return Files.exists(capture) ? network.run(command.toArray(String[]::new)) : "nothing";
    }

    private String evidence() throws IOException {
        var text = new StringBuilder();
        if (machine != null) {
            text.append("\n--- console of the machine\n").append(tail(consoleText().lines().toList())
                    + tail(machine.said()));
        }
        if (service != null) {
            text.append("\n--- events of the service\n").append(tail(service.said()));
        }
        return text.append("\n--- captured\n").append(read("dhcp || dhcpv6 || tftp.opcode in {1,5,6}")).append('\n')
                .toString();
    }

    private static String tail(List<String> lines) {
        return String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL), lines.size()));
    }

    @Override
    public void close() {
        others.forEach(Namespace::close);
        server.close();
        network.close();
    }
}
