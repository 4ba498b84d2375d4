package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.boot.ClusterBoot;
import dev.kindling.engine.boot.MachineService;
import dev.kindling.engine.boot.Machines;
import dev.kindling.engine.boot.Payload;
import dev.kindling.engine.machine.MachineControl;
import dev.kindling.engine.machine.RackFiles;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.plan.Step;
import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.client.MachineHttp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The product's simulated machines, wired to the engine's boot decisions without sockets and without waiting, with
 * faults by a seed: lost requests and answers, duplicated requests, machines that start anew, power switches that fail.
 */
public final class DirectRack implements MachineControl {
    private static final Logger LOG = LoggerFactory.getLogger(DirectRack.class);
    private static final String URL = "http://direct.test";
    private static final int FASTER = 200;

    /** How often, of 1000 requests or commands, something goes wrong in each of the ways. */
    public record Faults(long seed, int lost, int duplicated, int powerCut, int failedSwitch) {
        public static final Faults NONE = new Faults(0, 0, 0, 0, 0);
    }

    /** What machines boot from: the engine's own decisions, asked directly. */
    public static final class Service implements MachineService {
        private final Machines machines;
        private final ClusterBoot boot;
        private volatile boolean closed;

        public Service(Machines machines, Payload payload, byte[] key,
                Function<Machine, Optional<String>> installConfig, BiConsumer<Machine, String> kubeconfig) {
            this.machines = machines;
            this.boot = new ClusterBoot(machines, payload, key, () -> URL, installConfig, kubeconfig);
        }

        @Override
        public String baseUrl() {
            return URL;
        }

        @Override
        public void release(Event.DiskWriteOrdered order) {
            boot.release(order, order.disk().bytes());
        }

        private ClusterBoot boot() throws IOException {
            if (closed) {
                throw new IOException("nobody listens");
            }
            return boot;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private final Cluster cluster;
    private final Path directory;
    private final Supplier<Service> service;
    private final Faults faults;
    private final SplittableRandom random;
    private final RackFiles files;
    private final Map<String, Thread> running = new ConcurrentHashMap<>();

    public DirectRack(Cluster cluster, Path directory, Supplier<Service> service, Faults faults,
            Consumer<Event> journal) {
        this.cluster = cluster;
        this.directory = directory;
        this.service = service;
        this.faults = faults;
        this.random = new SplittableRandom(faults.seed());
        this.files = new RackFiles(directory, journal);
    }

    @Override
    public void prepare() throws IOException {
        files.prepare();
    }

    @Override
    public boolean isOn(Machine machine) {
        Thread thread = running.get(machine.name());
        return thread != null && thread.isAlive();
    }

    @Override
    public void powerOn(Machine machine, Step.Attempt attempt) throws IOException {
        if (happens(faults.failedSwitch())) {
            throw new IOException("the power switch of " + machine.name() + " did not answer");
        }
        Path file = SimulatedRack.disk(directory, machine);
        files.claim(file, "the simulated disk");
        var simulated = new SimulatedMachine(machine, cluster, new SimulatedDisk(file), new DirectFirmware(machine),
                dev.kindling.engine.machine.simulated.Faults.of(machine, ApplyOptions.DEFAULT));
        running.put(machine.name(), Thread.ofVirtual().name("direct-" + machine.name()).start(() -> {
            try {
                simulated.run();
            } catch (RuntimeException e) {
                LOG.debug("{} ends with the engine", machine.name(), e);
            }
        }));
        if (happens(faults.failedSwitch())) {
            throw new IOException("the power switch of " + machine.name() + " did not say that it did it");
        }
    }

    private boolean happens(int ofThousand) {
        synchronized (random) {
            return random.nextInt(1000) < ofThousand;
        }
    }

    @Override
    public void close() {
        SimulatedRack.switchOff(running.values());
        running.clear();
    }

    private interface Exchange<T> {
        T perform() throws IOException, InterruptedException;
    }

    /** One request with its answer, through the faults. */
    private <T> T exchange(Exchange<T> exchange) throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (happens(faults.powerCut())) {
            throw new SimulatedMachine.PowerCut("the power is gone for a moment");
        }
        if (happens(faults.lost())) {
            throw new IOException("the request is lost");
        }
        T answer;
        try {
            if (happens(faults.duplicated())) {
                exchange.perform();
            }
            answer = exchange.perform();
        } catch (RuntimeException e) {
            // a server whose handler breaks gives no answer
            throw new IOException("no answer: " + e.getMessage(), e);
        }
        if (happens(faults.powerCut())) {
            throw new SimulatedMachine.PowerCut("the power is gone for a moment");
        }
        if (happens(faults.lost())) {
            throw new IOException("the answer is lost");
        }
        return answer;
    }

    private final class DirectFirmware implements SimulatedMachine.Firmware {
        private final Machine machine;
        private final MacAddress mac;

        DirectFirmware(Machine machine) {
            this.machine = machine;
            this.mac = new MacAddress(machine.mac().value());
        }

        @Override
        public void pause(Duration length) throws InterruptedException {
            Thread.sleep(length.dividedBy(FASTER));
        }

        @Override
        public SimulatedMachine.Booted boot() throws InterruptedException, IOException {
            var web = new DirectWeb(machine, mac);
            ask(Agent.FIRMWARE_PXE);
            ask(Agent.IPXE);
            String script = web.text("m/" + mac + "/boot.ipxe", null);
            Optional<String> kernel = script.lines().filter(line -> line.startsWith("kernel ")).findFirst();
            if (kernel.isEmpty()) {
                return new SimulatedMachine.Booted(null, URL, web);
            }
            web.get(URL + "/files/stage.img", "");
            service.get().machines.observe(machine.name(), BootStage.KERNEL, -1, "fetches stage.img");
            return new SimulatedMachine.Booted(kernel.get(), URL, web);
        }

        private void ask(Agent agent) throws IOException, InterruptedException {
            var client = new Client(mac, machine.uuid(), Firmware.UEFI_X64, agent, InetAddress.getLoopbackAddress(), 80,
                    0, Client.Sent.NOTHING, Client.Way.direct(null));
            Answer answer = exchange(() -> service.get().boot().answer(client));
            if (!(answer instanceof Answer.Lease lease) || !machine.address().equals(lease.address())) {
                throw new IOException("no lease for " + machine.name() + ": " + answer);
            }
            service.get().machines.observe(machine.name(), BootStage.DHCP, -1, agent + " asked for an address");
        }
    }

    private final class DirectWeb implements SimulatedMachine.Web {
        private final Machine machine;
        private final MacAddress mac;

        DirectWeb(Machine machine, MacAddress mac) {
            this.machine = machine;
            this.mac = mac;
        }

        private MachineHttp http(String token) {
            return new MachineHttp(machine.address(), token, Duration.ofSeconds(5));
        }

        private String text(String path, @org.jspecify.annotations.Nullable String token)
                throws IOException, InterruptedException {
            return new String(fetch(path, token), java.nio.charset.StandardCharsets.UTF_8);
        }

        private byte[] fetch(String path, @org.jspecify.annotations.Nullable String token)
                throws IOException, InterruptedException {
            BootFile file = exchange(() -> service.get().boot().open(new BootSource.Fetch(BootSource.Protocol.HTTP,
                    path, machine.address(), mac, token, false)))
                    .orElseThrow(() -> new IOException(path + " was not found"));
            return ((BootFile.Bytes) file).content();
        }

        @Override
        public byte[] get(String url, String token) throws IOException, InterruptedException {
            if (url.startsWith(URL)) {
                return fetch(url.substring(URL.length() + 1), token);
            }
            var body = new ByteArrayOutputStream();
            int status = http(token).download(URI.create(url), body).status();
            if (status != 200) {
                throw new IOException(url + " answered with status " + status);
            }
            return body.toByteArray();
        }

        @Override
        public int post(String url, String token, String body) throws IOException, InterruptedException {
            if (url.startsWith(URL)) {
                return exchange(() -> service.get().boot().post(new BootSource.Post(url.substring(URL.length() + 1),
                        machine.address(), mac, token, body))).status();
            }
            return http(token).post(URI.create(url), body).status();
        }
    }
}
