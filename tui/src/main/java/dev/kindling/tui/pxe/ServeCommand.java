package dev.kindling.tui.pxe;

import dev.kindling.engine.boot.ImageSource;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeConfig.Link6;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Ports;
import dev.kindling.pxe.PxeConfig.ProxyOffer;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.PxeHelper;
import dev.kindling.pxe.PxeServer;
import dev.kindling.pxe.Tls;
import dev.kindling.pxe.http.HttpServer;
import dev.kindling.pxe.net.OwnCommand;
import dev.kindling.pxe.net.PortFailure;
import dev.kindling.pxe.net.TrafficCapture;
import dev.kindling.pxe.net.UsableAddress;
import dev.kindling.pxe.standalone.BootSettings;
import dev.kindling.pxe.standalone.Metrics;
import dev.kindling.pxe.standalone.RootDirectory;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Interrupts;
import dev.kindling.tui.cli.Refusal;
import dev.kindling.tui.cli.Signals;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling pxe serve}. */
@Command(name = "serve", description = {"Serves network boot: DHCP or ProxyDHCP, TFTP and HTTP.",
        "Prints \"ready\", then a line for each thing that a machine does, until SIGTERM or Ctrl-C."})
final class ServeCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    PxeCommand parent;

    @Option(names = "--interface", paramLabel = "IF", description = "network interface to serve; again for more")
    List<String> interfaces = new ArrayList<>();

    @Option(names = "--root", paramLabel = "DIR", description = "the files that are served; FILE and PATH below are relative to it")
    @Nullable
    Path root;

    @Option(names = "--mode", paramLabel = "MODE", defaultValue = "dhcp", description = "dhcp: give addresses; proxy: beside another DHCP server; none: TFTP and HTTP only (default: ${DEFAULT-VALUE})")
    Mode mode = Mode.DHCP;

    @Option(names = "--proxy-offer", paramLabel = "FORM", defaultValue = "auto", description = "with --mode proxy: file: firmware takes the file of the offer (option 43.6 = 8); boot-server: it asks port 4011; auto: file for a BIOS, boot-server for UEFI (default: ${DEFAULT-VALUE})")
    String proxyOffer = "auto";

    @Option(names = "--range", paramLabel = "FROM-TO", converter = Addresses.Ranges.class, description = "pool of addresses; again for another interface's network")
    List<Addresses.Range> ranges = new ArrayList<>();

    @Option(names = "--lease-time", paramLabel = "TIME", defaultValue = "1h", converter = Seconds.class, description = "such as 90s, 10m, 1h, 7d (default: ${DEFAULT-VALUE})")
    Duration leaseTime = Duration.ofHours(1);

    @Option(names = "--lease-file", paramLabel = "FILE", description = "where leases survive a restart (default: in memory only)")
    @Nullable
    Path leaseFile;

    @Option(names = "--router", paramLabel = "IP", converter = Addresses.class, description = "default router; again for another interface's network (default: none)")
    List<Inet4Address> routers = new ArrayList<>();

    @Option(names = "--dns", paramLabel = "IP", converter = Addresses.Any.class, description = "DNS server, an IPv6 address for DHCPv6; again for more (default: none)")
    List<InetAddress> dns = new ArrayList<>();

    @Option(names = "--domain", paramLabel = "NAME", description = "domain name (default: none)")
    @Nullable
    String domain;

    @Option(names = "--reservations", paramLabel = "FILE", description = "YAML: what is kept for single machines; read again when it changes, and at SIGHUP")
    @Nullable
    Path reservations;

    @Option(names = "--ipv6-range", paramLabel = "FROM-TO", converter = Addresses.Ranges6.class, description = "serves DHCPv6 with this pool, where an interface has an IPv6 address in that network; again for another's")
    List<Addresses.Range6> ranges6 = new ArrayList<>();

    @Option(names = "--router-advertisements", description = "with --ipv6-range: tells machines there that DHCPv6 has addresses; not beside an IPv6 router")
    boolean routerAdvertisements;

    @Option(names = "--no-ipv6-wait", description = "tells machines that there is no IPv6, for which iPXE else waits 13 seconds; not beside an IPv6 router")
    boolean noIpv6Wait;

    @Option(names = "--relayed", paramLabel = "NETWORK/BITS,FROM-TO[,router=IP]", converter = Addresses.Relayed.class, description = "a network behind a relay agent, and its pool; again for more")
    List<Subnet> relayed = new ArrayList<>();

    @Option(names = "--dhcp-port", paramLabel = "PORT", defaultValue = "67", description = "UDP (default: ${DEFAULT-VALUE})")
    int dhcpPort;

    @Option(names = "--proxy-port", paramLabel = "PORT", defaultValue = "4011", description = "UDP, of the PXE boot server (default: ${DEFAULT-VALUE})")
    int proxyPort;

    @Option(names = "--tftp-port", paramLabel = "PORT", defaultValue = "69", description = "UDP (default: ${DEFAULT-VALUE})")
    int tftpPort;

    @Option(names = "--http-port", paramLabel = "PORT", defaultValue = "80", description = "TCP (default: ${DEFAULT-VALUE})")
    int httpPort;

    @Option(names = "--https-port", paramLabel = "PORT", defaultValue = "443", description = "TCP, used with --cert (default: ${DEFAULT-VALUE})")
    int httpsPort;

    @Option(names = "--cert", paramLabel = "FILE", description = "certificate and its chain for HTTPS, PEM (not below DIR)")
    @Nullable
    Path certificate;

    @Option(names = "--key", paramLabel = "FILE", description = "private key of the certificate, PEM")
    @Nullable
    Path key;

    @Option(names = "--bios", paramLabel = "FILE", description = "loader for BIOS (default: undionly.kpxe of DIR or of the package ipxe)")
    @Nullable
    String bios;

    @Option(names = "--uefi-x64", paramLabel = "FILE", description = "loader for UEFI on x86 (default: snponly.efi, likewise)")
    @Nullable
    String uefiX64;

    @Option(names = "--uefi-arm64", paramLabel = "FILE", description = "loader for UEFI on ARM (default: snponly-arm64.efi, likewise)")
    @Nullable
    String uefiArm64;

    @Option(names = "--uefi-http", paramLabel = "URL|PATH", description = "loader for UEFI HTTP Boot (default: the one of --uefi-x64 or --uefi-arm64)")
    @Nullable
    String uefiHttp;

    @Option(names = "--ipxe-script", paramLabel = "PATH", description = "what iPXE runs (default: boot.ipxe, where DIR has it)")
    @Nullable
    String script;

    @Option(names = "--iso", paramLabel = "NAME=DIR|FILE", description = {
            "an image that is assembled while it is fetched by HTTP, for a BMC's virtual media: of a directory, or FILE with ,config=FILE embedded and ,kernel-args=TEXT added; again for more"})
    List<String> images = new ArrayList<>();

    @Option(names = "--tftp-single-port", description = "all of TFTP from its one port, which passes firewalls and NAT")
    boolean tftpSinglePort;

    @Option(names = "--capture", paramLabel = "FILE", description = "writes DHCP, TFTP, ARP and IPv6 router discovery of the interfaces into FILE as pcapng, for Wireshark; no HTTP")
    @Nullable
    Path capture;

    @Option(names = "--capture-limit", paramLabel = "SIZE", defaultValue = "64M", converter = Octets.class, description = "size at which FILE becomes FILE.1 and another one is begun, such as 500K, 64M or 1G (default: ${DEFAULT-VALUE})")
    Long captureLimit = 64L << 20;

    @Option(names = "--metrics-port", paramLabel = "PORT", description = "TCP: counters for Prometheus at /metrics, on the addresses that are served (default: none)")
    @Nullable
    Integer metricsPort;

    @Option(names = "--print-unit", description = "prints a unit of systemd that runs this command with two capabilities only, and serves nothing")
    boolean printUnit;

    @Option(names = "--helper", description = "for programs: serves what RemotePxeServer says by standard input, until that ends; no other option counts")
    boolean helper;

    @Option(names = "--warm-up", hidden = true, description = "for the launcher, which keeps the classes that were loaded: boots a machine of our own, and stops")
    boolean warmUp;

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Objects.requireNonNull(parent, "serve runs below pxe").cli();
        cli.withoutWorkspace();
        if (helper) {
            return help(cli);
        }
        if (interfaces.isEmpty() || (root == null && images.isEmpty())) {
            throw Refusal.badUse("--interface IF and --root DIR (or --iso NAME=DIR) are needed",
                    "kindling pxe serve --help");
        }
        if (printUnit) {
            return printUnit(cli);
        }
        var stop = new CountDownLatch(1);
        try (var screen = new Screen(cli);
                var directory = new Root(root);
                Interrupts.Registration _ = Signals.on(List.of("TERM", "INT"), stop::countDown)) {
            var networks = ServedNetworks.of(this);
            networks.remarks().forEach(screen::note);
            var boundHttp = new AtomicInteger(httpPort);
            var served = Images.of(images, cli.world().directory(), screen::note);
            var files = new RootDirectory(directory.path(),
                    new BootSettings(bios, uefiX64, uefiArm64, uefiHttp, script, null, null, List.of(), null),
                    networks.links(), networks.links6(), boundHttp::get);
            files.absentLoaders().forEach(each -> screen.note("WARNING: " + each
                    + ". Machines of that kind are refused until it is there"));
            var config = PxeConfig.of(networks.links(), mode).withLinks6(networks.links6())
                    .withIpv6Absence(noIpv6Wait).withRelayed(networks.relayed())
                    .withPorts(new Ports(dhcpPort, proxyPort, tftpPort, httpPort, httpsPort))
                    .withProxyOffer(proxyOffer()).withLeaseFile(leaseFile).withTls(tls())
                    .withTftp(new PxeConfig.Tftp(tftpSinglePort, PxeConfig.Tftp.STANDARD.maxWindow(),
                            PxeConfig.Tftp.STANDARD.maxBlock()));
            var metrics = new Metrics();
            Consumer<PxeEvent> events = metricsPort == null ? screen : screen.andThen(metrics);
            for (Link6 link : networks.links6()) {
                UsableAddress.await(link.interfaceName(), link.address(), PxeServer.IPV6_PATIENCE, screen::note);
            }
            try (var _ = reservations(files, screen);
                    var _ = capture(networks, screen);
                    var _ = metrics(metrics, networks, cli.world().clock());
                    var server = PxeServer.start(config, new ImageSource(files, served), events,
                            cli.world().clock())) {
                boundHttp.set(server.httpPort());
                metrics.follow(server::pools, screen.board()::machines);
                served.forEach((name, image) -> screen.note("%s is at http://%s:%d/%s, %d octets".formatted(name,
                        networks.host(), server.httpPort(), name, image.image().size())));
                screen.ready(server);
                if (warmUp) {
                    WarmUp.run(server, networks.links().getFirst().address());
                } else {
                    stop.await();
                }
            }
        } catch (IOException e) {
            throw Refusal.failed(String.valueOf(e.getMessage()), "");
        } catch (IllegalArgumentException e) {
            throw Refusal.badUse(String.valueOf(e.getMessage()), "kindling pxe serve --help");
        }
        return ExitCode.DONE;
    }

    /** What {@code --root} names; an empty directory, for as long as this runs, where images are all that is served. */
    private static final class Root implements Closeable {
        private final Path path;
        private final boolean own;

        Root(@Nullable Path named) throws IOException {
            own = named == null;
            path = named == null ? Files.createTempDirectory("kindling-nothing") : named;
        }

        Path path() {
            return path;
        }

        @Override
        public void close() throws IOException {
            if (own) {
                Files.deleteIfExists(path);
            }
        }
    }

    private static int help(Cli cli) {
        // nothing but frames may go there
        PrintStream frames = System.out;
        System.setOut(System.err);
        try {
            return PxeHelper.run(cli.world().in(), frames) ? ExitCode.DONE : ExitCode.FAILED;
        } catch (IOException e) {
            throw Refusal.failed(String.valueOf(e.getMessage()), "");
        }
    }

    private int printUnit(Cli cli) {
        try {
            cli.world().out().print(ServiceUnit.text(
                    OwnCommand.words().stream().filter(word -> !word.equals("--print-unit")).toList(),
                    cli.world().directory(),
                    Stream.of(leaseFile, capture).filter(Objects::nonNull).map(Objects::requireNonNull).toList()));
            return ExitCode.DONE;
        } catch (IOException e) {
            throw Refusal.failed(String.valueOf(e.getMessage()), "");
        }
    }

    private Interrupts.Registration reservations(RootDirectory files, Screen screen) throws IOException {
        if (reservations == null) {
            return () -> {};
        }
        var watch = ReservationsWatch.start(reservations, files, screen::note);
        Interrupts.Registration hangUp = Signals.on(List.of("HUP"), watch::reload);
        return () -> {
            hangUp.close();
            watch.close();
        };
    }

    private Interrupts.Registration metrics(Metrics metrics, ServedNetworks networks, Clock clock) throws IOException {
        if (metricsPort == null) {
            return () -> {};
        }
        var http = HttpServer.of(metrics, address -> null, event -> {}, clock);
        try {
            http.listen(networks.addresses(), metricsPort, null);
            return http::close;
        } catch (IOException e) {
            http.close();
            throw PortFailure.explain("The metrics service", PortFailure.Transport.TCP, "the addresses served",
                    metricsPort, e);
        }
    }

    private Closeable capture(ServedNetworks networks, Screen screen) throws IOException {
        return capture == null
                ? () -> {}
                : TrafficCapture.start(capture, captureLimit, networks.devices(), tftpPort,
                        List.of(dhcpPort, proxyPort), screen::note);
    }

    private ProxyOffer proxyOffer() {
        return switch (proxyOffer) {
            case "auto" -> ProxyOffer.BY_FIRMWARE;
            case "file" -> ProxyOffer.NAMES_FILE;
            case "boot-server" -> ProxyOffer.ASKS_BOOT_SERVER;
            default -> throw Refusal.badUse("there is no --proxy-offer " + proxyOffer, "auto, file or boot-server");
        };
    }

    private @Nullable Tls tls() {
        if (certificate == null && key == null) {
            return null;
        }
        if (certificate == null || key == null) {
            throw Refusal.badUse("HTTPS needs both --cert and --key", "");
        }
        return new Tls.PemFiles(certificate, key, null);
    }
}
