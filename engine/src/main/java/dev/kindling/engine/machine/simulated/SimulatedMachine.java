package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.boot.Lines;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The machine's side of docs/machine-protocol.md without a machine: firmware that really speaks DHCP, TFTP and HTTP,
 * then what the stage and the installed system would say. It ends when its thread is interrupted: the power is gone.
 */
final class SimulatedMachine implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedMachine.class);
    private static final Duration PAUSE = Duration.ofMillis(200);
    /** As a kubelet does: a control plane that was started anew learns of its nodes again. */
    private static final Duration SIGN_OF_LIFE = Duration.ofSeconds(10);

    private final Machine machine;
    private final Cluster cluster;
    private final SimulatedDisk disk;
    private final Firmware firmware;
    private final Faults faults;

    /** How it gets its first program. */
    interface Firmware {
        Booted boot() throws InterruptedException, IOException;

        /** Between two tries of anything. */
        default void pause(Duration length) throws InterruptedException {
            Thread.sleep(length);
        }
    }

    /** The machine starts anew, whatever it was at. */
    static final class PowerCut extends IOException {
        private static final long serialVersionUID = 1;

        PowerCut(String message) {
            super(message);
        }
    }

    /** HTTP from the machine's own address. */
    interface Web {
        /** The body of the answer; no answer, or another status than 200, is an {@link IOException}. */
        byte[] get(String url, String token) throws IOException, InterruptedException;

        /** The status of the answer. */
        int post(String url, String token, String body) throws IOException, InterruptedException;
    }

    /**
     * What the firmware came to.
     *
     * @param arguments kernel command line of the stage; null: boot from disk
     * @param service base URL of the boot service. The one in the seed is void after the engine was restarted: on
     *            loopback the service takes any free port, where a real one always has port 80
     */
    record Booted(@Nullable String arguments, String service, Web web) {}

    SimulatedMachine(Machine machine, Cluster cluster, SimulatedDisk disk, Firmware firmware, Faults faults) {
        this.machine = machine;
        this.cluster = cluster;
        this.disk = disk;
        this.firmware = firmware;
        this.faults = faults;
    }

    @Override
    public void run() {
        try {
            Thread.sleep(faults.silence());
            while (true) {
                try {
                    Booted booted = firmware.boot();
                    if (faults.bootFails()) {
                        throw new IOException("the power failed (simulated)");
                    }
                    if (booted.arguments() != null) {
                        stage(booted.web(), arguments(booted.arguments()));
                    } else {
                        system(booted.web(), booted.service());
                    }
                } catch (IOException e) {
                    LOG.debug("{} starts anew: {}", machine.name(), e.getMessage());
                    firmware.pause(PAUSE);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("{} is switched off", machine.name());
        }
    }

    private static Map<String, String> arguments(String commandLine) {
        var arguments = new HashMap<String, String>();
        for (String word : commandLine.split(" ", -1)) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                arguments.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return arguments;
    }

    private void stage(Web web, Map<String, String> arguments) throws IOException, InterruptedException {
        String base = arguments.getOrDefault("kindling.url", "") + "/m/" + machine.mac() + "/";
        String token = arguments.getOrDefault("kindling.token", "");
        report(web, base + "inventory", token, inventory());
        while (true) {
            Map<String, String> order = Lines.parse(text(web.get(base + "order", token)));
            switch (order.getOrDefault("action", "")) {
                case "install" -> install(web, base, token, order);
                case "boot-disk" -> {
                    return;
                }
                default -> firmware.pause(PAUSE);
            }
        }
    }

    private void install(Web web, String base, String token, Map<String, String> order)
            throws IOException, InterruptedException {
        String id = order.getOrDefault("order", "");
        if (!Objects.equals(order.get("disk.serial"), machine.disk().serial())
                || !String.valueOf(diskBytes()).equals(order.get("disk.bytes"))) {
            report(web, base + "progress", token, "stage=failed\ntext=the order names a disk that is not here\n");
            throw new IOException("wrong disk in order " + id);
        }
        if (disk.begin(id)) {
            if (faults.writeFails()) {
                report(web, base + "progress", token, "stage=failed\ntext=" + machine.name()
                        + " could not write its disk: I/O error (simulated failure)\n");
                throw new IOException("simulated I/O error in order " + id);
            }
            String seed = "";
            for (int n = 0; order.containsKey("write." + n + ".url"); n++) {
                String url = order.getOrDefault("write." + n + ".url", "");
                byte[] piece = web.get(url, token);
                if (!SimulatedPayload.sha256(piece).equals(order.get("write." + n + ".sha256"))) {
                    throw new IOException(url + " has another SHA-256 than ordered");
                }
                if (url.endsWith("/part/seed")) {
                    seed = text(piece);
                }
                report(web, base + "progress", token,
                        "stage=writing\nfraction=" + (n + 1) / 4.0 + "\ntext=wrote piece " + (n + 1) + "\n");
            }
            disk.written(id, seed);
        }
        report(web, base + "progress", token, "stage=written\norder=" + id + "\ntext=disk written and marked\n");
    }

    private void system(Web web, String service) throws IOException, InterruptedException {
        Map<String, String> seed = Lines.parse(disk.get("seed"));
        if (disk.marker().isEmpty() || seed.isEmpty()) {
            throw new IOException("told to boot from a disk that holds no system");
        }
        String base = service + "/m/" + machine.mac() + "/";
        String token = seed.getOrDefault("KINDLING_TOKEN", "");
        report(web, base + "progress", token, "stage=system\ntext=the installed system runs (simulated)\n");
        String config = disk.get("config");
        while (config.isEmpty()) {
            String answer = text(web.get(base + "config", token));
            if (answer.startsWith("action=wait")) {
                firmware.pause(PAUSE);
            } else {
                disk.put("config", answer);
                config = answer;
            }
        }
        join(web, base, token, Lines.parse(config));
    }

    private void join(Web web, String base, String token, Map<String, String> config)
            throws IOException, InterruptedException {
        report(web, base + "progress", token, "stage=joining\ntext=" + config.get("role") + " starts (stand-in)\n");
        String address = machine.address().getHostAddress();
        if ("server".equals(config.get("role"))) {
            String api = config.getOrDefault("api.token", "");
            // after a restart on the same port, where the agents look for it
            int port = disk.get("port").isEmpty() ? 0 : Integer.parseInt(disk.get("port"));
            try (var standIn = new StandInControlPlane(machine.address(), port, config.getOrDefault("version", ""), api,
                    config.getOrDefault("cluster.token", ""))) {
                disk.put("port", Integer.toString(standIn.port()));
                standIn.join(machine.name(), address);
                report(web, base + "kubeconfig", token, kubeconfig("http://" + address + ":" + standIn.port(), api));
                report(web, base + "progress", token, "stage=ready\ntext=stand-in control plane answers\n");
                new java.util.concurrent.CountDownLatch(1).await();
            }
        } else {
            String join = config.getOrDefault("server.url", "") + "/stand-in/join";
            String body = "name=" + machine.name() + "\nip=" + address + "\n";
            while (!accepted(web, join, config.getOrDefault("cluster.token", ""), body)) {
                firmware.pause(PAUSE);
            }
            report(web, base + "progress", token, "stage=ready\ntext=joined the stand-in control plane\n");
            while (true) {
                firmware.pause(SIGN_OF_LIFE);
                if (!accepted(web, join, config.getOrDefault("cluster.token", ""), body)) {
                    LOG.debug("{}: its control plane does not answer", machine.name());
                }
            }
        }
    }

    private static boolean accepted(Web web, String url, String token, String body)
            throws InterruptedException, PowerCut {
        try {
            return web.post(url, token, body) == 200;
        } catch (PowerCut e) {
            throw e;
        } catch (IOException e) {
            return false;
        }
    }

    /** Repeats until it is answered; a refusal means that this boot is void. */
    private void report(Web web, String url, String token, String body)
            throws IOException, InterruptedException {
        while (true) {
            try {
                int status = web.post(url, token, body);
                if (status == 200) {
                    return;
                }
                if (status >= 400 && status < 500) {
                    throw new Refused(url + " was refused with status " + status);
                }
            } catch (Refused | PowerCut e) {
                throw e;
            } catch (IOException e) {
                LOG.debug("{}: {}", url, e.getMessage());
            }
            firmware.pause(PAUSE);
        }
    }

    private static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message);
        }
    }

    private long diskBytes() {
        return Objects.requireNonNull(machine.virtual()).diskGib() << 30;
    }

    private String inventory() {
        Machine.VirtualHardware hardware = Objects.requireNonNull(machine.virtual());
        return """
                vendor=Kindling
                product=simulated machine
                uuid=%s
                cpu.model=simulated
                cpus=%d
                memory.mib=%d
                firmware=%s
                secureboot=false
                tpm=none
                disk.0.device=sim0
                disk.0.model=simulated disk
                disk.0.serial=%s
                disk.0.wwn=%s
                disk.0.bytes=%d
                disk.0.transport=virtio
                disk.0.rotational=0
                disk.0.removable=0
                disk.0.content=%s
                disk.0.marker=%s
                disk.1.device=sim1
                disk.1.model=simulated disk that nobody names
                disk.1.serial=%s-X
                disk.1.bytes=67108864
                disk.1.transport=virtio
                nic.0.name=net0
                nic.0.mac=%s
                nic.0.link=1
                nic.0.speed=1000
                nic.0.driver=simulated
                """.formatted(machine.uuid() == null ? "" : machine.uuid(), hardware.cpus(), hardware.memoryMib(),
                hardware.firmware() == Machine.FirmwareKind.UEFI ? "uefi" : "bios",
                machine.disk().serial() == null ? "" : machine.disk().serial(),
                machine.disk().wwn() == null ? "" : machine.disk().wwn(), diskBytes(),
                disk.marker().isEmpty() ? "empty" : "", disk.marker(), machine.name(), machine.mac());
    }

    private String kubeconfig(String server, String token) {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: %1$s
                  cluster: {server: "%2$s"}
                users:
                - name: admin
                  user: {token: "%3$s"}
                contexts:
                - name: %1$s
                  context: {cluster: %1$s, user: admin}
                current-context: %1$s
                """.formatted(cluster.name(), server, token);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
