package dev.kindling.pxe.client;

import dev.kindling.pxe.tftp.TftpPacket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/** Fetches a file by TFTP as firmware does: tsize, blksize and windowsize asked, ACKs repeated, duplicates passed. */
final class TftpDownload {
    private static final String STEP = "tftp";

    private final Wire wire;
    private final InetSocketAddress server;
    private final String file;
    private final Timing timing;
    private final int askedBlock;
    private final int askedWindow;

    private InetSocketAddress peer;
    private int blockSize = 512;
    private int window = 1;

    TftpDownload(Wire wire, InetSocketAddress server, String file, Timing timing, int askedBlock, int askedWindow) {
        this.wire = wire;
        this.server = server;
        this.file = file;
        this.timing = timing;
        this.askedBlock = askedBlock;
        this.askedWindow = askedWindow;
        this.peer = server;
    }

    /**
     * What a server grants.
     *
     * @param size of the file in octets; -1: not told
     */
    record Granted(long size, int blockSize, int window) {}

    /** Asks for the size and breaks off, as EDK2 does before each download. */
    void probeSize() throws IOException, InterruptedException {
        begin(false);
        abort();
    }

    /** Asks for all options, and breaks off. */
    Granted probe() throws IOException, InterruptedException {
        TftpPacket answer = begin(true);
        abort();
        String size = answer instanceof TftpPacket.Oack oack ? oack.options().get("tsize") : null;
        return new Granted(size != null && size.matches("\\d{1,18}") ? Long.parseLong(size) : -1, blockSize, window);
    }

    private void abort() throws IOException, InterruptedException {
        wire.send(new TftpPacket.Failure(TftpPacket.Failure.OPTIONS, "User aborted the transfer").encode(), peer);
        peer = server;
    }

    void run(Sink sink) throws IOException, InterruptedException {
        TftpPacket first = begin(true);
        long got = 0;
        int unacknowledged = 0;
        boolean gap = false;
        int silent = 0;
        byte[] octets = new byte[blockSize];
        if (first instanceof TftpPacket.Oack) {
            acknowledge(0);
        }
        long deadline = soon();
        TftpPacket packet = first instanceof TftpPacket.Data ? first : null;
        while (true) {
            if (packet == null) {
                packet = next(deadline);
            }
            if (packet == null) {
                if (++silent > timing.tftpTries()) {
                    throw new BootException(STEP, "%s stopped after block %d".formatted(file, got));
                }
                acknowledge(got);
                unacknowledged = 0;
                gap = false;
                deadline = soon();
                continue;
            }
            switch (packet) {
                case TftpPacket.Data data -> {
                    int ahead = (data.block() - (int) (got + 1)) & 0xffff;
                    if (ahead == 0) {
                        int length = data.payload().remaining();
                        if (length > blockSize) {
                            throw new BootException(STEP, "a block of %d octets, %d were agreed on"
                                    .formatted(length, blockSize));
                        }
                        data.payload().get(octets, 0, length);
                        sink.take(octets, 0, length);
                        got++;
                        unacknowledged++;
                        gap = false;
                        silent = 0;
                        deadline = soon();
                        if (length < blockSize) {
                            acknowledge(got);
                            return;
                        }
                        if (unacknowledged >= window) {
                            acknowledge(got);
                            unacknowledged = 0;
                        }
                    } else if (ahead < 0x8000 && !gap) {
                        // a block is missing: say so once, the server goes back to it
                        gap = true;
                        acknowledge(got);
                        unacknowledged = 0;
                    } else if (ahead >= 0x8000 && window == 1) {
                        acknowledge(got); // our ACK was lost, and the server repeated
                    }
                }
                case TftpPacket.Oack oack -> {
                    if (got == 0) {
                        acknowledge(0);
                    }
                }
                case TftpPacket.Failure failure -> throw refused(failure);
                case TftpPacket.Request request -> {
                    // nobody asks us
                }
                case TftpPacket.Ack ack -> {
                    // we send no data
                }
            }
            packet = null;
        }
    }

    /** Sends the request until it is answered; returns the first DATA or OACK. */
    private TftpPacket begin(boolean download) throws IOException, InterruptedException {
        var options = new LinkedHashMap<String, String>();
        options.put("tsize", "0");
        if (askedBlock > 0) {
            options.put("blksize", Integer.toString(askedBlock));
        }
        if (askedWindow > 1 && download) {
            options.put("windowsize", Integer.toString(askedWindow));
        }
        var request = new TftpPacket.Request(false, file, "octet", options);
        for (int attempt = 0; attempt < timing.tftpTries(); attempt++) {
            wire.send(request.encode(), server);
            TftpPacket answer = next(soon());
            switch (answer) {
                case TftpPacket.Data data when data.block() == 1 -> {
                    return data;
                }
                case TftpPacket.Oack oack -> {
                    blockSize = number(oack, "blksize", 512);
                    window = number(oack, "windowsize", 1);
                    return oack;
                }
                case TftpPacket.Failure failure -> throw refused(failure);
                case null, default -> {
                    // silence, or noise: ask again
                }
            }
        }
        throw new BootException(STEP, "no answer from %s port %d to the request for %s"
                .formatted(server.getAddress().getHostAddress(), server.getPort(), file));
    }

    private BootException refused(TftpPacket.Failure failure) {
        return new BootException(STEP, "%s: %s (error %d)".formatted(file, failure.message(), failure.code()));
    }

    private int number(TftpPacket.Oack oack, String option, int otherwise) throws BootException {
        String value = oack.options().get(option);
        try {
            return value == null ? otherwise : Math.clamp(Integer.parseInt(value), 1, 65_464);
        } catch (NumberFormatException e) {
            throw new BootException(STEP, "the server acknowledged %s %s".formatted(option, value));
        }
    }

    private long soon() {
        return System.nanoTime() + timing.tftp().toNanos();
    }

    private void acknowledge(long block) throws IOException, InterruptedException {
        wire.send(new TftpPacket.Ack((int) (block & 0xffff)).encode(), peer);
    }

    /** The next packet of the server; the first one fixes its port. Null when the deadline has passed. */
    private @Nullable TftpPacket next(long deadline)
            throws IOException, InterruptedException {
        while (true) {
            var received = wire.receive(deadline);
            if (received == null) {
                return null;
            }
            var packet = TftpPacket.parse(received.octets());
            if (!received.from().getAddress().equals(server.getAddress())
                    || (!peer.equals(server) && !received.from().equals(peer))) {
                // never an error for an error, or two strangers would send them to each other for ever
                if (packet.isPresent() && !(packet.get() instanceof TftpPacket.Failure)) {
                    wire.send(new TftpPacket.Failure(TftpPacket.Failure.UNKNOWN_TID, "unknown transfer").encode(),
                            received.from());
                }
                continue;
            }
            if (packet.isPresent()) {
                peer = received.from();
                return packet.get();
            }
        }
    }
}
