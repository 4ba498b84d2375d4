package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.client.FirmwareClient;
import dev.kindling.pxe.client.Loss;
import dev.kindling.pxe.client.Machine;
import dev.kindling.pxe.client.Network;
import dev.kindling.pxe.client.Result;
import dev.kindling.pxe.client.Timing;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process {@code kindling pxe serve}, with the memory that its launcher allows, under clients that mean harm. */
class AbuseOfTheCommandTest {
    private static final int MACHINES = 1000;
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");

    @TempDir
    private Path directory;
    private Lan lan;
    private Path output;
    private Path root;

    @BeforeEach
    void twoHostsAndFiles() throws Exception {
        lan = new Lan();
        output = directory.resolve("output");
        root = Files.createDirectory(directory.resolve("root"));
        Files.writeString(root.resolve("boot.ipxe"), "#!ipxe\nkernel vmlinuz quiet\nboot\n");
        Files.write(root.resolve("vmlinuz"), new byte[100_000]);
        Files.write(root.resolve("bios.0"), new byte[70_000]);
        lan.onMachine("sh", "-c",
                "for i in $(seq 20 29); do ip address add 10.77.0.$i/24 dev cl0; done");
    }

    @AfterEach
    void unplug() {
        lan.close();
    }

    /** With the options of the launcher, so that what does not fit into its memory fails here. */
    private Process serve(String device, String range, String... more) throws Exception {
        var command = new ArrayList<>(Lan.kindling("serve", "--interface", device, "--root", root.toString(), "--range",
                range, "--bios", "bios.0", "--quiet"));
        command.addAll(List.of(more));
        command.addAll(1, List.of("-XX:+UseSerialGC", "-Xms16m", "-Xmx64m", "-Xss512k", "-XX:MaxDirectMemorySize=48m",
                "-XX:ReservedCodeCacheSize=32m"));
        Process serve = lan.command(output, command.toArray(String[]::new));
        assertThat(output).content().contains("ready\n");
        return serve;
    }

    private static long residentMiB(Process process) throws IOException {
        Matcher resident = RESIDENT.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
        assertThat(resident.find()).isTrue();
        return Long.parseLong(resident.group(1)) / 1024;
    }

    private Process hostile(String script) throws Exception {
        Path file = Files.writeString(directory.resolve("hostile.py"), script);
        return lan.startOnMachine(directory.resolve("hostile"), "UNDER WAY", "python3", "-u", file.toString());
    }

    private void aGoodClientIsServed() throws Exception {
        assertThat(lan.onMachine("curl", "-sS", "-m", "20", "-w", "%{http_code}", "-o", "/dev/null",
                "http://10.77.0.1/vmlinuz").output()).isEqualTo("200");
        assertThat(lan.onMachine("curl", "-sS", "-m", "20", "-w", "%{size_download}", "-o", "/dev/null",
                "tftp://10.77.0.1/bios.0").output()).isEqualTo("70000");
    }

    @Test
    void servesBesideFiveThousandHalfOpenHttpConnections() throws Exception {
        Process serve = serve("srv0", "10.77.0.100-10.77.0.199");
        Process hostile = hostile("""
                import resource, socket, time
                resource.setrlimit(resource.RLIMIT_NOFILE, (8000, 8000))
                begun = b"GET /vmlinuz HTTP/1.1\\r\\nHost: h\\r\\nX: "
                open = []
                def more(i):
                    s = socket.create_connection(("10.77.0.1", 80), 20, ("10.77.0.%d" % (20 + i % 10), 0))
                    s.sendall(begun[: i % 30])
                    return s
                for i in range(5000):
                    open.append(more(i))
                print("UNDER WAY", len(open))
                time.sleep(600)
                """);
        assertThat(residentMiB(serve)).isLessThan(256);

        for (int i = 0; i < 5; i++) {
            aGoodClientIsServed();
        }

        assertThat(serve.isAlive()).isTrue();
        hostile.destroyForcibly();
        aGoodClientIsServed();
    }

    @Test
    void answersNoStormOfAcknowledgementsAndNoForeignTransferWithData() throws Exception {
        Process serve = serve("srv0", "10.77.0.100-10.77.0.199");
        hostile("""
                import select, socket
                def drain(s):
                    n = 0
                    while select.select([s], [], [], 0)[0]:
                        if s.recv(65536)[1] == 3:
                            n += 1
                    return n
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                s.settimeout(10)
                s.sendto(b"\\0\\1bios.0\\0octet\\0", ("10.77.0.1", 69))
                data, transfer = s.recvfrom(2000)
                assert data[:4] == b"\\0\\3\\0\\1"
                stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                blocks = foreign = 0
                for i in range(100000):
                    s.sendto(b"\\0\\4\\0\\1", transfer)
                    stranger.sendto(b"\\0\\4\\0\\1", transfer)
                    if i % 100 == 0:
                        blocks += drain(s)
                        foreign += drain(stranger)
                import time
                time.sleep(1)
                print("UNDER WAY blocks", blocks + drain(s), "foreign", foreign + drain(stranger))
                time.sleep(600)
                """);
        Matcher told = Pattern.compile("blocks (\\d+) foreign (\\d+)")
                .matcher(Files.readString(directory.resolve("hostile")));
        assertThat(told.find()).isTrue();
        // block 2, and its repetitions by the clock while nobody acknowledges it; not one for each duplicate
        assertThat(Integer.parseInt(told.group(1))).isBetween(1, 40);
        assertThat(told.group(2)).isEqualTo("0");
        aGoodClientIsServed();
        assertThat(serve.isAlive()).isTrue();
    }

    @Test
    void givesAReservedMachineItsAddressWhereTheRangeIsExhausted() throws Exception {
        Path reservations = Files.writeString(directory.resolve("reservations.yaml"),
                "machines:\n  - {mac: '52:54:00:4b:4c:99', ip: 10.77.0.9}\n");
        Process serve = serve("srv0", "10.77.0.100-10.77.0.109", "--reservations", reservations.toString());
        // its clients take all there is; most of them get nothing, so that it ends with 3
        Lan.Ended perfdhcp = lan.onMachine("perfdhcp", "-4", "-l", "cl0", "-r", "100", "-R", "2000", "-p", "5",
                "10.77.0.1");
        assertThat(perfdhcp.output()).contains("received packets: 10\n");

        Lan.Ended reserved = lan.kindlingOnMachine("try", "--interface", "cl0", "--firmware", "bios", "--mac",
                "52:54:00:4b:4c:99");

        assertThat(reserved.output()).contains("is offered 10.77.0.9", "boots vmlinuz");
        assertThat(serve.isAlive()).isTrue();
    }

    /** In a mount namespace of its own, where the lease file's disk has room for nothing more. */
    @Test
    void acknowledgesNoLeaseThatAFullDiskCannotHoldAndSaysSo() throws Exception {
        Path disk = Files.createDirectory(directory.resolve("disk"));
        var command = new ArrayList<>(List.of("unshare", "-m", "sh", "-c",
                "mount -t tmpfs -o size=8k none \"$0\" && exec \"$@\"", disk.toString()));
        command.addAll(Lan.kindling("serve", "--interface", "srv0", "--root", root.toString(), "--range",
                "10.77.0.100-10.77.0.199", "--bios", "bios.0", "--lease-file", disk.resolve("leases").toString()));
        Process serve = lan.command(output, command.toArray(String[]::new));
        assertThat(output).content().contains("ready\n");
        String[] there = {"nsenter", "-t", Long.toString(serve.pid()), "-m", "sh", "-c"};
        String[] udhcpc = {"udhcpc", "-n", "-q", "-t", "3", "-T", "2", "-i", "cl0", "-s", "/bin/true"};
        // the room that was made on the disk beforehand is good for a hundred leases
        lan.onMachine("perfdhcp", "-4", "-l", "cl0", "-r", "100", "-R", "50", "-p", "5", "10.77.0.1");
        assertThat(output).content().contains("No space left on device");
        int told = Files.readString(output).length();

        assertThat(lan.onMachine(udhcpc).code()).as("udhcpc without an ACK").isOne();
        assertThat(Files.readString(output).substring(told)).contains(" OFFER 10.77.0.")
                .doesNotContain(" ACK 10.77.0.");

        assertThat(lan.onServer(there[0], there[1], there[2], there[3], there[4], there[5],
                "mount -o remount,size=1m " + disk).code()).isZero();
        assertThat(lan.onMachine(udhcpc).code()).as("udhcpc when there is room again").isZero();
        assertThat(serve.isAlive()).isTrue();
    }

    /** Boots a thousand machines at once over loopback, three times; says so after each. */
    static final class Rack {
        private Rack() {}

        public static void main(String[] arguments) throws Exception {
            var network = Network.loopback(InetAddress.ofLiteral("127.0.0.1"), 67, 4011, 69);
            for (int round = 1; round <= 3; round++) {
                var addresses = new HashSet<InetAddress>();
                var failures = new ArrayList<String>();
                try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                    var tasks = new ArrayList<Callable<Result>>();
                    for (int i = 1; i <= MACHINES; i++) {
                        var machine = new Machine(new MacAddress(0x5254_0000_0000L + i), new UUID(7, i),
                                i % 2 == 0 ? Machine.Kind.BIOS_PXE : Machine.Kind.BIOS_IPXE, Map.of());
                        var client = new FirmwareClient(machine, network, Timing.firmware(), Loss.none(),
                                new Random(i), step -> {});
                        tasks.add(client::boot);
                    }
                    for (var each : threads.invokeAll(tasks)) {
                        if (each.get() instanceof Result.Kernel kernel) {
                            addresses.add(kernel.lease().address());
                        } else {
                            failures.add(each.get().toString());
                        }
                    }
                }
                System.out.println("ROUND " + round + " addresses " + addresses.size() + " failures " + failures.size()
                        + (failures.isEmpty() ? "" : ", such as " + failures.getFirst()));
                if (System.in.read() < 0) {
                    return;
                }
            }
        }
    }

    @Test
    void bootsAThousandMachinesAtOnceAgainAndAgainInTheSameMemory() throws Exception {
        Process serve = serve("lo", "127.1.0.1-127.1.7.254", "--lease-file", directory.resolve("leases").toString());
        var resident = new ArrayList<Long>();
        Process rack = lan.underWay(Lan.java(Lan.classPath(), Rack.class.getName()));
        try (var said = rack.inputReader()) {
            for (int round = 1; round <= 3; round++) {
                assertThat(said.readLine()).isEqualTo("ROUND " + round + " addresses " + MACHINES + " failures 0");
                resident.add(residentMiB(serve));
                rack.getOutputStream().write('\n');
                rack.getOutputStream().flush();
            }
        }
        assertThat(rack.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(resident).as("MiB after each round").allSatisfy(each -> assertThat(each).isLessThan(256));
        assertThat(resident.getLast() - resident.getFirst()).as("MiB more after the third round than after the first")
                .isLessThan(32);
    }
}
