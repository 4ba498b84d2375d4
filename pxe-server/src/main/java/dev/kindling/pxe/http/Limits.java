package dev.kindling.pxe.http;

import java.time.Duration;

/**
 * What a client may take up.
 *
 * @param idle between two requests
 * @param header from the first octet of a connection or a request to the end of its header
 * @param body from there to the end of its body
 * @param stall without an octet taken, until that is told
 * @param window in which at least {@code windowOctets} of a response have to be taken, or it is given up
 * @param connections in all
 * @param perAddress connections of one IPv4 address or one IPv6 /64
 * @param memory octets of unfinished requests, and of buffers for responses that are copied
 */
record Limits(Duration idle, Duration header, Duration body, Duration stall, Duration window, long windowOctets,
        int connections, int perAddress, long memory) {
    static final Limits DEFAULT = new Limits(Duration.ofSeconds(60), Duration.ofSeconds(10), Duration.ofSeconds(60),
            Duration.ofSeconds(15), Duration.ofSeconds(60), 64 << 10, 8192, 1024, 48 << 20);

    /** How often the clocks are looked at. */
    Duration tick() {
        long shortest = Math.min(Math.min(header.toMillis(), idle.toMillis()),
                Math.min(stall.toMillis(), window.toMillis()));
        return Duration.ofMillis(Math.clamp(shortest / 4, 10, 1000));
    }

    Limits withConnections(int all, int ofOneAddress) {
        return new Limits(idle, header, body, stall, window, windowOctets, all, ofOneAddress, memory);
    }
}
