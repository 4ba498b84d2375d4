package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Ports;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.PxeConfig.Tftp;
import dev.kindling.pxe.dhcp.Arrival;
import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.DhcpService;
import dev.kindling.pxe.dhcp.LeaseLog;
import dev.kindling.pxe.dhcp.MessageType;
import dev.kindling.pxe.dhcp.OptionCode;
import dev.kindling.pxe.http.HttpServer;
import dev.kindling.pxe.net.UdpSockets;
import dev.kindling.pxe.tftp.TftpServer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves itself on loopback for a second or two, before the first machine asks: the Java machine loads and interprets
 * what it has not run yet, and compiles what it has run often. Without this the first packets of a boot would each wait
 * for a tenth of a second, and the first thousands of a rack that is switched on at once a hundred times longer than
 * the rest.
 */
final class Rehearsal implements BootSource {
    private static final Logger LOG = LoggerFactory.getLogger(Rehearsal.class);
    private static final InetAddress SERVER = InetAddress.ofLiteral("127.0.0.1");
    private static final int PATIENCE_MILLIS = 2000;
    /** Each way once and a little more: every class is loaded, and already the first machine needs all of them. */
    private static final Pass BRIEF = new Pass(20, Duration.ofMillis(300));
    /** Enough for the compiler to take notice of all that is on the way. */
    private static final Pass THOROUGH = new Pass(20_000, Duration.ofSeconds(1));
    private static final int BLOCK = 1428;
    private static final int WINDOW = 16;
    private static final int BLOCKS = 512;
    /** So much of the large file, after so many small ones. */
    private static final int LARGE = 2 << 20;
    private static final int SMALL_ONES = 64;

    private final Clock clock = Clock.systemUTC();

    /** How often a way is gone, and how long at most. */
    private record Pass(int turns, Duration limit) {
        Pass inParts(int size) {
            return new Pass(Math.ceilDiv(turns, size), limit);
        }

        void run(Turn turn) throws IOException {
            long end = System.nanoTime() + limit.toNanos();
            for (int number = 0; number < turns && System.nanoTime() < end; number++) {
                turn.go(number);
            }
        }
    }

    private interface Turn {
        void go(int number) throws IOException;
    }

    private Rehearsal() {}

    /**
     * Begins in a thread of its own, and ends by itself.
     *
     * @param mode whether there is DHCP to rehearse
     * @param durable whether leases are stored
     */
    static void begin(Mode mode, boolean durable) {
        Thread.ofPlatform().daemon().name("rehearsal").start(() -> {
            try {
                var rehearsal = new Rehearsal();
                if (mode == Mode.NONE) {
                    rehearsal.tftp(BRIEF);
                    rehearsal.http(BRIEF);
                    rehearsal.tftp(THOROUGH);
                    rehearsal.http(THOROUGH);
                } else {
                    // a rack asks for addresses first, and what it fetches then warms the rest
                    rehearsal.dhcp(BRIEF, durable);
                    rehearsal.tftp(BRIEF);
                    rehearsal.http(BRIEF);
                    rehearsal.dhcp(THOROUGH, durable);
                }
            } catch (IOException e) {
                // no loopback, or no address on it: only the speed of the first answers is lost
                LOG.debug("no rehearsal", e);
            }
        });
    }

    private void dhcp(Pass pass, boolean durable) throws IOException {
        if (!durable) {
            dhcp(pass, null);
            return;
        }
        Path file = Files.createTempFile("kindling-rehearsal", ".leases");
        try (var store = new LeaseStore(LeaseLog.open(file))) {
            dhcp(pass, store);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private void dhcp(Pass pass, @Nullable LeaseStore store) throws IOException {
        Link link = new Link(null, SERVER, Subnet.of(SERVER, 8).withRange(InetAddress.ofLiteral("127.16.0.1"),
                InetAddress.ofLiteral("127.17.0.1")));
        var service = new DhcpService(PxeConfig.of(List.of(link), Mode.DHCP).withPorts(Ports.FREE), () -> 80, () -> 0,
                this, List.of());
        try (var sockets = new UdpSockets();
                var endpoint = new DhcpEndpoint(service, store, _ -> {}, clock, sockets);
                var client = client()) {
            int port = endpoint.listen(link, Arrival.Service.DHCP, 0);
            pass.run(machine -> {
                DhcpPacket discover = DhcpPacket.request(new MacAddress(0x0200_0000_0000L + machine), machine)
                        .withOptions(DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, MessageType.DISCOVER.code())
                                .with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00007:UNDI:003016")
                                .withShort(OptionCode.CLIENT_ARCHITECTURE, 7));
                DhcpPacket offer = exchange(client, discover, port);
                exchange(client, discover.withOptions(discover.options()
                        .withByte(OptionCode.MESSAGE_TYPE, MessageType.REQUEST.code())
                        .with(OptionCode.SERVER_ID, SERVER).with(OptionCode.REQUESTED_ADDRESS, offer.yiaddr())), port);
            });
        }
    }

    private static DatagramSocket client() throws IOException {
        var client = new DatagramSocket(0, SERVER);
        client.setSoTimeout(PATIENCE_MILLIS);
        return client;
    }

    private static DhcpPacket exchange(DatagramSocket client, DhcpPacket request, int port) throws IOException {
        byte[] bytes = request.encode();
        client.send(new DatagramPacket(bytes, bytes.length, SERVER, port));
        var reply = new DatagramPacket(new byte[DhcpPacket.DEFAULT_LIMIT], DhcpPacket.DEFAULT_LIMIT);
        client.receive(reply);
        return (DhcpPacket) DhcpPacket.decode(Arrays.copyOf(reply.getData(), reply.getLength()));
    }

    /** Many short transfers, to and fro between lock-step and windows: what is compiled must know all of it. */
    private void tftp(Pass pass) throws IOException {
        try (var server = TftpServer.start(List.of(SERVER), 0, Tftp.STANDARD, this, _ -> null, _ -> {}, clock)) {
            pass.inParts(BLOCKS).run(transfer -> {
                download(server.port(), "small", 1, 2);
                download(server.port(), "large", transfer % 2 == 0 ? 1 : WINDOW, BLOCKS);
            });
        }
    }

    /** The first blocks of a file; then it is given up, where it was not all. */
    private static void download(int port, String file, int window, int blocks) throws IOException {
        try (var client = client()) {
            byte[] request = "\0\1%s\0octet\0blksize\0%d\0tsize\0000\0windowsize\0%d\0"
                    .formatted(file, BLOCK, window).getBytes(StandardCharsets.US_ASCII);
            client.send(new DatagramPacket(request, request.length, SERVER, port));
            var packet = new DatagramPacket(new byte[2048], 2048);
            client.receive(packet);
            acknowledge(client, packet, 0);
            int length = packet.getData().length;
            for (int block = 1; block <= blocks && length >= BLOCK; block++) {
                client.receive(packet);
                length = packet.getLength();
                if (block % window == 0) {
                    acknowledge(client, packet, block);
                }
            }
            byte[] enough = {0, 5, 0, 0, 0};
            client.send(new DatagramPacket(enough, enough.length, packet.getSocketAddress()));
        }
    }

    private static void acknowledge(DatagramSocket client, DatagramPacket last, int block) throws IOException {
        byte[] ack = ByteBuffer.allocate(4).putShort((short) 4).putShort((short) block).array();
        client.send(new DatagramPacket(ack, ack.length, last.getSocketAddress()));
    }

    /** A connection asks for small files, then for a part of a large one. */
    private void http(Pass pass) throws IOException {
        try (var server = HttpServer.of(this, _ -> null, _ -> {}, clock)) {
            int port = server.listen(List.of(SERVER), 0, null);
            pass.inParts(SMALL_ONES).run(_ -> {
                try (var client = new Socket(SERVER, port)) {
                    client.setSoTimeout(PATIENCE_MILLIS);
                    client.setTcpNoDelay(true);
                    for (int i = 0; i < SMALL_ONES; i++) {
                        get(client, "small", "");
                    }
                    get(client, "large", "Range: bytes=0-%d\r\n".formatted(LARGE - 1));
                }
            });
        }
    }

    private static void get(Socket client, String path, String fields) throws IOException {
        client.getOutputStream().write("GET /%s HTTP/1.1\r\nHost: rehearsal\r\n%s\r\n".formatted(path, fields)
                .getBytes(StandardCharsets.US_ASCII));
        InputStream in = client.getInputStream();
        byte[] octets = new byte[64 << 10];
        int read = 0;
        int head = -1;
        while (head < 0) {
            read += more(in, octets, read);
            head = new String(octets, 0, read, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n");
        }
        String text = new String(octets, 0, head + 2, StandardCharsets.ISO_8859_1);
        int at = text.indexOf("Content-Length: ") + "Content-Length: ".length();
        long left = head + 4 + Long.parseLong(text.substring(at, text.indexOf('\r', at))) - read;
        while (left > 0) {
            left -= more(in, octets, 0);
        }
    }

    private static int more(InputStream in, byte[] octets, int from) throws IOException {
        int count = in.read(octets, from, octets.length - from);
        if (count < 0) {
            throw new EOFException("the rehearsed server closed the connection");
        }
        return count;
    }

    @Override
    public Answer answer(Client client) {
        return new Answer.Lease(null, null, "snponly.efi");
    }

    @Override
    public boolean answersAtOnce() {
        return true;
    }

    /** Files that every Java machine has. */
    @Override
    public Optional<BootFile> open(Fetch fetch) {
        Path java = Path.of(System.getProperty("java.home"));
        return Optional.of(BootFile.file(java.resolve(fetch.path().equals("small") ? "release" : "lib/modules")));
    }
}
