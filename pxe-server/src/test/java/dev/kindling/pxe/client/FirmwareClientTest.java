package dev.kindling.pxe.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.PxeServer;
import dev.kindling.pxe.Recorder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole boots of simulated machines against the whole boot service, over real sockets on loopback. */
class FirmwareClientTest {
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("127.77.0.1");

    @TempDir
    private Path root;
    private final Recorder events = new Recorder();
    private final Rack rack = new Rack();
    private PxeServer server;

    @BeforeEach
    void start() throws IOException {
        byte[] loader = new byte[200_001];
        new Random(1).nextBytes(loader);
        Files.write(root.resolve("loader"), loader);
        server = PxeServer.start(config(PxeConfig.Mode.DHCP), rack, events, Clock.systemUTC());
        rack.url = "http://127.77.0.1:" + server.httpPort();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @EnumSource(Machine.Kind.class)
    void bootsEveryKindOfFirmwareIntoTheInstaller(Machine.Kind kind) throws Exception {
        var steps = new ArrayList<Step>();
        var result = new FirmwareClient(machine(1, kind), network(), Timing.brief(), Loss.none(), new Random(1),
                steps::add).boot();

        var kernel = (Result.Kernel) result;
        assertThat(kernel.kernel().bytes()).as("%s", steps).isEqualTo(3000);
        assertThat(kernel.initrds()).singleElement().satisfies(initrd -> assertThat(initrd.bytes()).isEqualTo(5));
        assertThat(kernel.argument("kindling.mac")).contains("52:54:00:00:00:01");
        assertThat(kernel.lease().address().getHostAddress()).startsWith("127.77.1.");
        assertThat(rack.clients).containsKey(kind.isIpxe()
                ? Agent.IPXE
                : kind == Machine.Kind.UEFI_HTTP ? Agent.FIRMWARE_HTTP : Agent.FIRMWARE_PXE);
        var ipxe = Objects.requireNonNull(rack.clients.get(Agent.IPXE));
        assertThat(ipxe.uuid()).isEqualTo(machine(1, kind).uuid());
        assertThat(ipxe.firmware()).isEqualTo(switch (kind) {
            case BIOS_PXE, BIOS_IPXE -> Firmware.BIOS;
            case UEFI_PXE, UEFI_IPXE, UEFI_HTTP -> Firmware.UEFI_X64;
            case UEFI_ARM64_PXE -> Firmware.UEFI_ARM64;
        });
    }

    @Test
    void isSeenWithItsOwnAddressByTheServer() throws Exception {
        boot(machine(7, Machine.Kind.UEFI_PXE), Loss.none());
        var loader = events.next(PxeEvent.FetchDone.class);
        assertThat(loader.path()).isEqualTo("loader");
        assertThat(loader.bytes()).isEqualTo(200_001);
        assertThat(loader.mac()).isEqualTo(new MacAddress("52:54:00:00:00:07"));
        assertThat(events.next(PxeEvent.FetchDone.class).mac()).isEqualTo(new MacAddress("52:54:00:00:00:07"));
        assertThat(events.rest()).noneMatch(PxeEvent.FetchFailed.class::isInstance);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void bootsThroughANetworkThatLosesPackets(long seed) throws Exception {
        var result = boot(machine(2, Machine.Kind.UEFI_PXE), Loss.of(new Random(seed), 5));
        assertThat(result).as("seed %d", seed).isInstanceOf(Result.Kernel.class);
    }

    @Test
    void bootsARackAtOnce() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var tasks = new ArrayList<Callable<Result>>();
            for (int i = 1; i <= 200; i++) {
                var machine = machine(i, i % 2 == 0 ? Machine.Kind.UEFI_PXE : Machine.Kind.BIOS_PXE);
                tasks.add(() -> boot(machine, Loss.none()));
            }
            var addresses = new ArrayList<InetAddress>();
            for (var result : threads.invokeAll(tasks, 120, TimeUnit.SECONDS)) {
                assertThat(result.get()).isInstanceOfSatisfying(Result.Kernel.class,
                        kernel -> addresses.add(kernel.lease().address()));
            }
            assertThat(addresses).hasSize(200).doesNotHaveDuplicates();
        }
    }

    @Test
    void findsTheBootServerBesideAForeignDhcpServer() throws Exception {
        var addressesOnly = new BootSource() {
            @Override
            public Answer answer(Client client) {
                return new Answer.Lease(null, "foreign", null);
            }

            @Override
            public Optional<BootFile> open(Fetch fetch) {
                return Optional.empty();
            }
        };
        var link = new PxeConfig.Link(null, InetAddress.ofLiteral("127.77.0.2"), PxeConfig.Subnet.of(ADDRESS, 16)
                .withRange(InetAddress.ofLiteral("127.77.2.1"), InetAddress.ofLiteral("127.77.2.100")));
        // an offer that comes late on a busy computer is no offer that is missing
        var patient = Duration.ofSeconds(30);
        var timing = new Timing(List.of(patient), patient, patient, Timing.brief().tftp(), Timing.brief().tftpTries(),
                patient, Timing.brief().second());
        try (var foreign = PxeServer.start(
                PxeConfig.of(List.of(link), PxeConfig.Mode.DHCP).withPorts(PxeConfig.Ports.FREE),
                addressesOnly, event -> {}, Clock.systemUTC());
                var proxy = PxeServer.start(config(PxeConfig.Mode.PROXY), rack, events, Clock.systemUTC())) {
            rack.url = "http://127.77.0.1:" + proxy.httpPort();
            var network = new Network(
                    List.of(new InetSocketAddress("127.77.0.2", foreign.dhcpPort()),
                            new InetSocketAddress(ADDRESS, proxy.dhcpPort())),
                    proxy.proxyPort(), proxy.tftpPort(), InetAddress.ofLiteral("0.0.0.0"), null);
            for (var kind : List.of(Machine.Kind.BIOS_PXE, Machine.Kind.UEFI_PXE, Machine.Kind.UEFI_IPXE)) {
                var result = new FirmwareClient(machine(3, kind), network, timing, Loss.none(), new Random(3),
                        step -> {})
                        .boot();
                assertThat(result).as("%s", kind).isInstanceOfSatisfying(Result.Kernel.class, kernel -> assertThat(
                        kernel.lease().address().getHostAddress()).startsWith("127.77.2."));
            }
        }
    }

    @Test
    void saysWhatTheFirmwareWouldSay() throws Exception {
        rack.answer = new Answer.Ignore("unknown");
        assertThat(quick()).isEqualTo(new Result.Failed("dhcp", "no DHCP offer (PXE-E51)"));
        var machine = machine(9, Machine.Kind.UEFI_PXE);
        rack.answer = new Answer.Lease(null, null, null);
        assertThat(boot(machine, Loss.none())).isInstanceOfSatisfying(Result.LocalDisk.class,
                disk -> assertThat(disk.reason()).contains("PXE-E53"));
        rack.answer = new Answer.Lease(null, null, "missing.efi");
        assertThat(boot(machine, Loss.none()))
                .isEqualTo(new Result.Failed("tftp", "missing.efi: not found (error 1)"));
        rack.answer = new Answer.Lease(null, null, "boot/shimx64.efi");
        assertThat(boot(machine, Loss.none())).isInstanceOfSatisfying(Result.Failed.class,
                failed -> assertThat(failed.step()).isEqualTo("loader"));
    }

    @Test
    void canBeSwitchedOff() throws Exception {
        rack.answer = new Answer.Ignore("unknown");
        var first = new CompletableFuture<Step>();
        var ended = new CompletableFuture<String>();
        var thread = Thread.ofVirtual().start(() -> {
            try {
                ended.complete(new FirmwareClient(machine(4, Machine.Kind.UEFI_PXE), network(), Timing.firmware(),
                        Loss.none(), new Random(4), first::complete).boot().toString());
            } catch (InterruptedException e) {
                ended.complete("switched off");
            } catch (RuntimeException e) {
                ended.completeExceptionally(e);
            }
        });
        first.get(30, TimeUnit.SECONDS);
        thread.interrupt();
        assertThat(ended.get(30, TimeUnit.SECONDS)).isEqualTo("switched off");
    }

    @Test
    void speaksAsABootedMachine() throws Exception {
        var kernel = (Result.Kernel) boot(machine(5, Machine.Kind.UEFI_PXE), Loss.none());
        var http = new MachineHttp(kernel.lease().address(), "t0ken", Duration.ofSeconds(20));
        var reply = http.post(URI.create(rack.url + "/m/x/progress"), "stage=installer\n");
        assertThat(reply).isEqualTo(new MachineHttp.Reply(200, "52:54:00:00:00:05 t0ken stage=installer\n"));
        assertThat(reply.ok()).isTrue();
        assertThat(http.get(URI.create(rack.url + "/missing")).status()).isEqualTo(404);
        var sink = new ByteArrayOutputStream();
        assertThat(http.download(URI.create(rack.url + "/files/vmlinuz"), sink).bytes()).isEqualTo(3000);
        assertThat(sink.size()).isEqualTo(3000);
        assertThat(http.toString()).doesNotContain("t0ken");
    }

    private Result quick() throws InterruptedException {
        var timing = new Timing(List.of(Duration.ofMillis(400), Duration.ofMillis(400)), Duration.ofSeconds(1),
                Duration.ofMillis(200), Duration.ofMillis(300), 10, Duration.ofSeconds(5), Duration.ZERO);
        return new FirmwareClient(machine(9, Machine.Kind.UEFI_PXE), network(), timing, Loss.none(), new Random(9),
                step -> {}).boot();
    }

    private Result boot(Machine machine, Loss loss) throws InterruptedException {
        return new FirmwareClient(machine, network(), Timing.brief(), loss, new Random(machine.mac().hashCode()),
                step -> {}).boot();
    }

    private Network network() {
        return Network.loopback(ADDRESS, server.dhcpPort(), server.proxyPort(), server.tftpPort());
    }

    private static Machine machine(int number, Machine.Kind kind) {
        return new Machine(new MacAddress("52:54:00:00:%02x:%02x".formatted(number / 256, number % 256)),
                new UUID(0x1122334455667788L, number), kind, Map.of());
    }

    private static PxeConfig config(PxeConfig.Mode mode) {
        var link = new PxeConfig.Link(null, ADDRESS, PxeConfig.Subnet.of(ADDRESS, 16)
                .withRange(InetAddress.ofLiteral("127.77.1.1"), InetAddress.ofLiteral("127.77.1.254")));
        return PxeConfig.of(List.of(link), mode).withPorts(PxeConfig.Ports.FREE);
    }

    /** Boots every machine into the installer, unless told otherwise. */
    private final class Rack implements BootSource {
        private final Map<Agent, Client> clients = new ConcurrentHashMap<>();
        private volatile String url = "";
        private volatile @Nullable Answer answer;

        @Override
        public Answer answer(Client client) {
            clients.put(client.agent(), client);
            var forced = answer;
            return forced != null ? forced : new Answer.Lease(null, null, switch (client.agent()) {
                case FIRMWARE_PXE -> "loader";
                case FIRMWARE_HTTP -> url + "/loader";
                case IPXE -> url + "/m/" + client.mac() + "/boot.ipxe";
                case OPERATING_SYSTEM -> null;
            });
        }

        @Override
        public Optional<BootFile> open(Fetch fetch) {
            if (fetch.path().endsWith("boot.ipxe")) {
                return Optional.of(BootFile.text("""
                        #!ipxe
                        kernel %s/files/vmlinuz kindling.mac=${net0/mac} || exit 1
                        initrd %s/files/initrd
                        boot
                        """.formatted(url, url)));
            }
            return switch (fetch.path()) {
                case "loader" -> Optional.of(BootFile.file(root.resolve("loader")));
                case "files/vmlinuz" -> Optional.of(BootFile.text("k".repeat(3000)));
                case "files/initrd" -> Optional.of(BootFile.text("i".repeat(5)));
                default -> Optional.empty();
            };
        }

        @Override
        public Reply post(Post post) {
            return new Reply(200, "%s %s %s".formatted(post.mac(), post.token(), post.body()));
        }
    }
}
