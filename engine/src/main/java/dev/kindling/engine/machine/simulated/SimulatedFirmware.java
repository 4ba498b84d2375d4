package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.api.Kindling.ApplyOptions;
import dev.kindling.engine.boot.BootService;
import dev.kindling.engine.model.Cluster;
import dev.kindling.engine.model.Machine;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.client.FirmwareClient;
import dev.kindling.pxe.client.Loss;
import dev.kindling.pxe.client.MachineHttp;
import dev.kindling.pxe.client.Network;
import dev.kindling.pxe.client.Result;
import dev.kindling.pxe.client.Timing;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The firmware of a simulated machine: real sockets to the boot service on loopback, with the loss that was asked for.
 */
final class SimulatedFirmware implements SimulatedMachine.Firmware {
    private static final Logger LOG = LoggerFactory.getLogger(SimulatedFirmware.class);
    private static final Duration HTTP_TIMEOUT = Duration.ofSeconds(30);

    private final Machine machine;
    private final FirmwareClient client;
    private final Duration delay;

    SimulatedFirmware(Machine machine, Cluster cluster, BootService service, ApplyOptions options) {
        this.machine = machine;
        this.delay = options.delay();
        boolean uefi = Objects.requireNonNull(machine.virtual()).firmware() == Machine.FirmwareKind.UEFI;
        var random = new SplittableRandom(options.seed() * 31 + machine.mac().hashCode());
        var self = new dev.kindling.pxe.client.Machine(new MacAddress(machine.mac().value()),
                machine.uuid() != null
                        ? machine.uuid()
                        : UUID.nameUUIDFromBytes(machine.name().getBytes(StandardCharsets.UTF_8)),
                uefi ? dev.kindling.pxe.client.Machine.Kind.UEFI_PXE : dev.kindling.pxe.client.Machine.Kind.BIOS_PXE,
                java.util.Map.of());
        var network = Network.loopback(Objects.requireNonNull(cluster.provisioningNetwork().bootServer()),
                service.dhcpPort(), service.proxyPort(), service.tftpPort());
        this.client = new FirmwareClient(self, network, Timing.brief(),
                Loss.of(random.split(), options.lossPercent(), options.delay()),
                random,
                step -> LOG.debug("{}: {}", machine.name(), step.text()));
    }

    @Override
    public SimulatedMachine.Booted boot() throws InterruptedException, IOException {
        return switch (client.boot()) {
            case Result.Failed(String step, String reason) -> throw new IOException(step + ": " + reason);
            case Result.LocalDisk(String _, Result.Lease lease) ->
                new SimulatedMachine.Booted(null, service(lease), web(lease));
            // in UEFI a GRUB of ours looks for the disk's system
            case Result.Kernel kernel -> new SimulatedMachine.Booted(
                    kernel.kernel().url().endsWith("/localboot.efi") ? null : kernel.kernel().arguments(),
                    service(kernel.lease()), web(kernel.lease()));
        };
    }

    /** From the URL of the boot script. */
    private static String service(Result.Lease lease) {
        URI script = URI.create(Objects.requireNonNull(lease.bootFile(), "iPXE was given a script"));
        return "http://" + script.getAuthority();
    }

    private SimulatedMachine.Web web(Result.Lease lease) throws IOException {
        if (!lease.address().equals(machine.address())) {
            throw new IOException("leased " + lease.address().getHostAddress() + ", but the definition reserves "
                    + machine.address().getHostAddress());
        }
        return new FromItsAddress(lease.address(), delay);
    }

    private record FromItsAddress(InetAddress address, Duration delay) implements SimulatedMachine.Web {
        @Override
        public byte[] get(String url, String token) throws IOException, InterruptedException {
            Thread.sleep(delay);
            var body = new ByteArrayOutputStream();
            int status = new MachineHttp(address, token, HTTP_TIMEOUT).download(URI.create(url), body).status();
            if (status != 200) {
                throw new IOException(url + " answered with status " + status);
            }
            return body.toByteArray();
        }

        @Override
        public int post(String url, String token, String body) throws IOException, InterruptedException {
            Thread.sleep(delay);
            return new MachineHttp(address, token, HTTP_TIMEOUT).post(URI.create(url), body).status();
        }
    }
}
