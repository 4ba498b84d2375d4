package dev.kindling.pxe;

import dev.kindling.pxe.dhcp6.RouterAdvertisement;
import dev.kindling.pxe.net.Icmp6Socket;
import java.io.IOException;
import java.net.Inet6Address;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends router advertisements on one link: at once to whoever asks, to all from time to time (RFC 4861 section 6.2). A
 * thread of its own, for it waits in a system call.
 */
final class RouterAdvertiser implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RouterAdvertiser.class);
    /** RFC 4861 section 10: at the start three, at most so far apart; then between MinRtrAdvInterval and the double. */
    private static final int INITIAL = 3;
    private static final long INITIAL_INTERVAL = Duration.ofSeconds(16).toNanos();
    private static final long INTERVAL = Duration.ofSeconds(200).toNanos();
    /** How soon a close is noticed. */
    private static final Duration WAIT = Duration.ofMillis(250);

    private final Icmp6Socket socket;
    private final byte[] message;
    private final Thread thread;

    private RouterAdvertiser(Icmp6Socket socket, byte[] message, String device) {
        this.socket = socket;
        this.message = message;
        this.thread = Thread.ofPlatform().daemon().name("router-advertisements-" + device).unstarted(this::run);
    }

    /**
     * Begins.
     *
     * @param message an ICMPv6 message of {@link RouterAdvertisement}
     * @throws IOException without CAP_NET_RAW, or where there is no such interface
     */
    static RouterAdvertiser start(String device, byte[] message) throws IOException {
        var advertiser = new RouterAdvertiser(Icmp6Socket.open(device), message, device);
        advertiser.thread.start();
        return advertiser;
    }

    private void run() {
        int sent = 0;
        boolean told = false;
        long next = System.nanoTime();
        while (!Thread.currentThread().isInterrupted()) {
            try {
                if (System.nanoTime() - next >= 0) {
                    socket.advertise(message);
                    sent++;
                    next = System.nanoTime() + (sent < INITIAL
                            ? INITIAL_INTERVAL
                            : INTERVAL + ThreadLocalRandom.current().nextLong(INTERVAL));
                }
                Inet6Address asker = socket.awaitSolicitation(WAIT).orElse(null);
                if (asker != null && asker.isAnyLocalAddress()) {
                    // soon, but not at once for every one: all hear it (MIN_DELAY_BETWEEN_RAS)
                    next = Math.min(next, System.nanoTime() + WAIT.toNanos());
                } else if (asker != null) {
                    socket.advertise(message, asker);
                }
            } catch (IOException e) {
                // our own address is not checked yet, the cable is out, or IPv6 is switched off on this interface
                if (sent == 0 && !told) {
                    LOG.info("no router advertisement yet: {}", e.getMessage());
                    told = true;
                }
                next = System.nanoTime() + WAIT.toNanos();
                if (!pause()) {
                    return;
                }
            }
        }
    }

    private static boolean pause() {
        try {
            Thread.sleep(WAIT);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        thread.interrupt();
        try {
            // the thread must not be in a call that uses the socket
            if (thread.join(Duration.ofSeconds(2))) {
                socket.close();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
