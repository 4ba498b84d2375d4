package dev.kindling.pxe.client;

import dev.kindling.pxe.net.BorrowedAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A machine's firmware, booting over real sockets: DHCP, the loader by TFTP or HTTP, then iPXE with a second DHCP, its
 * script, kernel and initrds.
 *
 * <p>
 * It plays the part of iPXE itself, whatever the loader's octets are; downloads are counted and dropped. It runs in the
 * caller's thread, best a virtual one: a thousand machines may boot at once. After the lease it speaks from the leased
 * address where this host has it, which on Linux is true for all of 127/8.
 */
public final class FirmwareClient {
    private final Machine machine;
    private final Network network;
    private final Timing timing;
    private final Loss loss;
    private final RandomGenerator random;
    private final Consumer<Step> steps;

    /**
     * A machine that is switched off.
     *
     * @param loss applies to datagrams in both directions
     * @param random for transaction IDs
     * @param steps told what the machine does, in its own thread
     */
    public FirmwareClient(Machine machine, Network network, Timing timing, Loss loss, RandomGenerator random,
            Consumer<Step> steps) {
        this.machine = machine;
        this.network = network;
        this.timing = timing;
        this.loss = loss;
        this.random = random;
        this.steps = steps;
    }

    /**
     * Boots once.
     *
     * @return how it ended; network faults are {@link Result.Failed}
     * @throws InterruptedException if the thread was interrupted: the machine was switched off
     */
    public Result boot() throws InterruptedException {
        try (var held = new Held(network.device())) {
            var dhcp = new DhcpDialogue(machine, network, timing, loss, random, steps, held);
            var lease = dhcp.obtain(Requests.first(machine.kind()));
            if (!machine.kind().isIpxe()) {
                if (lease.bootFile() == null) {
                    return new Result.LocalDisk("no boot file was named (PXE-E53)", lease);
                }
                loader(lease, lease.bootFile());
                lease = dhcp.obtain(Requests.IPXE);
            }
            if (lease.bootFile() == null) {
                return new Result.LocalDisk("iPXE was told nothing to boot", lease);
            }
            var last = lease;
            return new IpxeScript(machine, last, timing, (base, url) -> fetch(last, base, url), steps)
                    .boot(lease.bootFile());
        } catch (BootException e) {
            return new Result.Failed(e.step(), String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return new Result.Failed("network", e.toString());
        }
    }

    /** The address that this host has as long as the machine boots. */
    private static final class Held implements DhcpDialogue.Holder, AutoCloseable {
        private final @Nullable String device;
        private @Nullable InetAddress address;
        private @Nullable BorrowedAddress borrowed;

        Held(@Nullable String device) {
            this.device = device;
        }

        @Override
        public void hold(InetAddress leased, int prefixLength) throws IOException {
            if (device == null || leased.equals(address)) {
                return;
            }
            close();
            var card = NetworkInterface.getByName(device);
            if (card == null || card.inetAddresses().noneMatch(leased::equals)) {
                borrowed = BorrowedAddress.add(device, leased, prefixLength);
            }
            address = leased;
        }

        @Override
        public void close() throws IOException {
            BorrowedAddress last = borrowed;
            borrowed = null;
            if (last != null) {
                last.close();
            }
        }
    }

    /** The firmware's own download. */
    private void loader(Result.Lease lease, String file) throws IOException, InterruptedException {
        String name = file.substring(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)
                .toLowerCase(Locale.ROOT);
        if (name.matches("(shim|grub|bootmgfw|wdsnbp|pxelinux|lpxelinux|syslinux).*")) {
            throw new BootException("loader", "%s is not iPXE, and nothing else can be played here".formatted(file));
        }
        var sink = new Sink();
        if (machine.kind() == Machine.Kind.UEFI_HTTP) {
            http(lease, uri(file), sink);
        } else {
            tftp(lease, lease.nextServer(), network.tftpPort(), file, sink, true);
        }
        if (sink.bytes() == 0) {
            throw new BootException("loader", file + " is empty");
        }
    }

    /** Fetches for iPXE; a relative name is taken from where the script came from. */
    private IpxeScript.Fetched fetch(Result.Lease lease, String base, String url)
            throws IOException, InterruptedException {
        String start = base.isEmpty() ? "tftp://" + lease.nextServer().getHostAddress() + "/" : base;
        var uri = uri(start).resolve(uri(url));
        var sink = new Sink();
        switch (String.valueOf(uri.getScheme())) {
            case "http" -> http(lease, uri, sink);
            case "tftp" -> tftp(lease, address(uri), uri.getPort() < 0 ? network.tftpPort() : uri.getPort(),
                    URLDecoder.decode(uri.getRawPath().replace("+", "%2b"), StandardCharsets.UTF_8).substring(1), sink,
                    false);
            default -> throw new BootException("ipxe", "operation not supported: " + uri.getScheme() + "://");
        }
        return new IpxeScript.Fetched(uri.toString(), sink.bytes(), sink.script());
    }

    private void http(Result.Lease lease, URI uri, Sink sink) throws IOException, InterruptedException {
        steps.accept(new Step("http", "asks for " + uri));
        int status;
        loss.travel();
        try {
            status = PlainHttp.exchange(own(lease), uri, null, null, timing.http(), sink::take).status();
        } catch (IOException e) {
            throw new BootException("http", uri + ": " + e.getMessage());
        }
        if (status != 200) {
            throw new BootException("http", uri + ": status " + status);
        }
        steps.accept(new Step("http", "has %s, %d octets".formatted(uri, sink.bytes())));
    }

    private void tftp(Result.Lease lease, InetAddress address, int port, String file, Sink sink, boolean firmware)
            throws IOException, InterruptedException {
        steps.accept(new Step("tftp", "asks for " + file));
        var server = new InetSocketAddress(address, port);
        boolean edk2 = firmware && machine.kind().isUefi();
        // as captured: EDK2 asks 1468 and a window of 4, iPXE 1432 without one; PXE ROMs ask 1456
        int block = edk2 ? 1468 : firmware ? 1456 : 1432;
        if (firmware) {
            // the size first, broken off with an error, from a port of its own
            try (var wire = new Wire(own(lease), 0, 65_536, loss)) {
                new TftpDownload(wire, server, file, timing, edk2 ? block : 0, edk2 ? 4 : 1).probeSize();
            }
        }
        try (var wire = new Wire(own(lease), 0, block + 64, loss)) {
            new TftpDownload(wire, server, file, timing, block, edk2 ? 4 : 1).run(sink);
        }
        steps.accept(new Step("tftp", "has %s, %d octets".formatted(file, sink.bytes())));
    }

    /** The leased address if this host has it. */
    private InetAddress own(Result.Lease lease) throws IOException, InterruptedException {
        try (var _ = new Wire(lease.address(), 0, 1, loss)) {
            return lease.address();
        } catch (BindException e) {
            return network.local();
        }
    }

    private static InetAddress address(URI uri) throws BootException {
        try {
            return InetAddress.ofLiteral(String.valueOf(uri.getHost()));
        } catch (IllegalArgumentException e) {
            throw new BootException("ipxe", "there is no DNS here for " + uri.getHost());
        }
    }

    private static URI uri(String text) throws BootException {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new BootException("ipxe", "not a URL: " + text);
        }
    }
}
