package dev.kindling.engine.boot;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.model.BootSettings;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Network;
import dev.kindling.engine.plan.Step;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.PxeServer;
import dev.kindling.pxe.PxeService;
import dev.kindling.pxe.RemotePxeServer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The boot service of one cluster: the server, what it serves, and the evidence that it yields. */
public final class BootService implements MachineService {
    private static final Logger LOG = LoggerFactory.getLogger(BootService.class);
    private static final Duration LEASE = Duration.ofHours(1);
    /** Before a helper that ended is started again; doubled each time that this fails, or that it soon ends again. */
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LAST_PAUSE = Duration.ofSeconds(15);
    private static final Duration STEADY = Duration.ofMinutes(1);

    private final Machines machines;
    private final LinkedBlockingQueue<PxeEvent> heard = new LinkedBlockingQueue<>();
    private final ClusterBoot boot;
    private final PxeConfig config;
    private final String baseUrl;
    private final Thread listener;
    private volatile PxeService server;
    private volatile boolean closed;

    /**
     * @param interfaceName to serve on; null: loopback, on free ports (simulated machines)
     * @param place where the ports are opened
     * @param leaseFile where leases survive
     * @throws IOException where a port cannot be had; the message says what to do
     * @throws Step.Failed where nothing may open them
     */
    public BootService(Machines machines, Payload payload, byte[] key, @Nullable String interfaceName,
            BootPlace place, Path leaseFile, Function<Machine, Optional<String>> installConfig,
            BiConsumer<Machine, String> kubeconfig, Clock clock) throws IOException, Step.Failed {
        this.machines = machines;
        this.boot = new ClusterBoot(machines, payload, key, this::baseUrl, installConfig, kubeconfig);
        InetAddress address = Objects.requireNonNull(machines.cluster().provisioningNetwork().bootServer());
        this.config = config(machines.cluster(), interfaceName, leaseFile);
        this.server = switch (place) {
            case BootPlace.Here _ -> PxeServer.start(config, boot, heard::add, clock);
            case BootPlace.Helper(List<String> command) -> helper(command, FIRST_PAUSE);
            case BootPlace.Nowhere(Problem problem) -> throw new Step.Failed(problem, false);
        };
        this.baseUrl = "http://" + address.getHostAddress() + (server.httpPort() == 80 ? "" : ":" + server.httpPort());
        this.listener = Thread.ofVirtual().name("boot-evidence").start(this::listen);
    }

    /**
     * In a process of its own, which is watched until this is closed.
     *
     * @param pause before it is started again, should it end soon
     */
    private RemotePxeServer helper(List<String> command, Duration pause) throws IOException {
        var started = RemotePxeServer.start(command, config, boot, heard::add);
        LOG.info("the boot service is process {}: {}", started.pid(), String.join(" ", command));
        long since = System.nanoTime();
        var _ = started.ended().thenAccept(code -> {
            boolean soon = System.nanoTime() - since < STEADY.toNanos();
            Thread.ofVirtual().name("boot-helper-again")
                    .start(() -> again(command, started.pid(), code, soon ? pause : FIRST_PAUSE));
        });
        return started;
    }

    /** Machines ask again for what they did not get; their leases are in the file. */
    private void again(List<String> command, long pid, int code, Duration firstPause) {
        if (closed) {
            return;
        }
        machines.note("the process of the boot service, " + pid + ", has ended with exit code " + code
                + "; it is started again, and no machine can boot until it is");
        try {
            for (Duration pause = firstPause; !closed; pause = longer(pause)) {
                Thread.sleep(pause);
                try {
                    RemotePxeServer next = helper(command, longer(pause));
                    synchronized (this) {
                        server = next;
                        if (closed) {
                            next.close();
                            return;
                        }
                    }
                    machines.note("the boot service runs again, as process " + next.pid());
                    return;
                } catch (IOException | IllegalArgumentException e) {
                    machines.note("no machine can boot: the boot service's process cannot be started again, which is"
                            + " tried until the run ends: " + e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LAST_PAUSE) < 0 ? twice : LAST_PAUSE;
    }

    @Override
    public String baseUrl() {
        return baseUrl;
    }

    public int dhcpPort() {
        return server.dhcpPort();
    }

    public int proxyPort() {
        return server.proxyPort();
    }

    public int tftpPort() {
        return server.tftpPort();
    }

    @Override
    public void release(Event.DiskWriteOrdered order) {
        boot.release(order, order.disk().bytes());
    }

    private static PxeConfig config(Cluster cluster, @Nullable String interfaceName, Path leaseFile) {
        Network network = cluster.provisioningNetwork();
        boolean free = interfaceName == null;
        InetAddress address = Objects.requireNonNull(network.bootServer());
        var range = network.pool() == null
                ? null
                : new PxeConfig.Range(network.pool().from(), network.pool().to());
        var subnet = new PxeConfig.Subnet(address, network.cidr().prefixLength(), range, network.gateway(),
                network.dns(), network.domain(), LEASE);
        var link = new PxeConfig.Link(interfaceName, address, subnet);
        boolean proxy = cluster.boot().dhcp() == BootSettings.Dhcp.PROXY;
        // a network where we give the addresses is ours: no IPv6 router is there that machines should wait for
        return PxeConfig.of(List.of(link), proxy ? PxeConfig.Mode.PROXY : PxeConfig.Mode.DHCP)
                .withIpv6Absence(!proxy && !free)
                .withPorts(free ? PxeConfig.Ports.FREE : PxeConfig.Ports.STANDARD).withLeaseFile(leaseFile);
    }

    private void listen() {
        try {
            while (!closed) {
                PxeEvent event = heard.take();
                try {
                    evidence(event);
                } catch (RuntimeException e) {
                    LOG.warn("the evidence {} could not be recorded", event, e);
                }
            }
        } catch (InterruptedException e) {
            // the service is closed
        }
    }

    /** What an event of the boot server says of a machine's boot. */
    private void evidence(PxeEvent event) {
        if (event instanceof PxeEvent.ForeignServer(var _, var _, InetAddress address, var _, String text)) {
            machines.note(
                    "another DHCP or PXE server answers on this network, " + address.getHostAddress() + ": " + text);
            return;
        }
        dev.kindling.pxe.MacAddress mac = event.mac();
        var machine = mac == null
                ? Optional.<Machine>empty()
                : machines.find(new dev.kindling.engine.model.MacAddress(mac.value()));
        if (machine.isEmpty()) {
            return;
        }
        String name = machine.get().name();
        switch (event) {
            case PxeEvent.DhcpSeen seen -> machines.overheard(name, seen.at(), stage -> switch (seen.agent()) {
                case FIRMWARE_PXE, FIRMWARE_HTTP -> BootStage.DHCP;
                // iPXE asks a second time after its loader was fetched
                case IPXE -> stage == BootStage.LOADER ? stage : BootStage.DHCP;
                case OPERATING_SYSTEM -> stage;
            }, seen.text());
            case PxeEvent.DhcpAnswered answered -> LOG.debug("{}: {}", name, answered.text());
            case PxeEvent.FetchStarted started -> {
                BootStage shown = stageOf(started.path());
                if (shown != null) {
                    machines.overheard(name, started.at(), _ -> shown, started.text());
                }
            }
            case PxeEvent.FetchDone done -> {
                if (stageOf(done.path()) != null) {
                    machines.overheard(name, done.at(), stage -> stage, done.text());
                }
            }
            case PxeEvent.FetchFailed failed -> machines.overheard(name, failed.at(), stage -> stage, failed.text());
            case PxeEvent.Stalled stalled -> machines.overheard(name, stalled.at(), stage -> stage, stalled.text());
            case PxeEvent.Ignored ignored -> machines.overheard(name, ignored.at(), stage -> stage, ignored.text());
            case PxeEvent.AddressConflict conflict -> machines.overheard(name, conflict.at(), stage -> stage,
                    conflict.text());
            case PxeEvent.ForeignServer _ -> throw new IllegalStateException("told above");
        }
    }

    private static @Nullable BootStage stageOf(String path) {
        return switch (path) {
            case "undionly.kpxe", "snponly.efi", "files/snponly.efi", "ipxe.efi" -> BootStage.LOADER;
            case "files/vmlinuz", "files/stage.img" -> BootStage.KERNEL;
            case "files/localboot.efi" -> BootStage.DISK_BOOT;
            default -> null;
        };
    }

    /** Ends it; afterwards nothing more of what it overheard comes into the journal, unless this is interrupted. */
    @Override
    public void close() {
        closed = true;
        listener.interrupt();
        synchronized (this) {
            server.close();
        }
        try {
            listener.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
