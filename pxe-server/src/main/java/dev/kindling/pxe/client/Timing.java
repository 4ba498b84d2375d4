package dev.kindling.pxe.client;

import java.time.Duration;
import java.util.List;

/**
 * How long a firmware waits.
 *
 * @param dhcp for an answer to the first, second, ... DISCOVER
 * @param request for an answer to each of four REQUESTs
 * @param proxy for a ProxyDHCP offer, where the first offer names no boot file
 * @param tftp for the next TFTP packet before the last one is repeated
 * @param tftpTries repetitions without an answer before the transfer is given up
 * @param http for a connection, and for the next octets on it
 * @param second how long one second of iPXE's {@code sleep} is
 */
public record Timing(List<Duration> dhcp, Duration request, Duration proxy, Duration tftp, int tftpTries, Duration http,
        Duration second) {
    public Timing {
        dhcp = List.copyOf(dhcp);
        if (dhcp.isEmpty() || tftpTries < 1) {
            throw new IllegalArgumentException("a firmware tries at least once");
        }
    }

    /** PXE 2.1, section 2.2.3 and EDK2: DISCOVER after 4, 8, 16 and 32 s; TFTP after 4 s, six times. */
    public static Timing firmware() {
        return new Timing(List.of(Duration.ofSeconds(4), Duration.ofSeconds(8), Duration.ofSeconds(16),
                Duration.ofSeconds(32)), Duration.ofSeconds(4), Duration.ofSeconds(2), Duration.ofSeconds(4), 6,
                Duration.ofSeconds(60), Duration.ofSeconds(1));
    }

    /** For simulations on one host: patient with a busy machine, but quick to repeat. */
    public static Timing brief() {
        return new Timing(
                List.of(Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4),
                        Duration.ofSeconds(8)),
                Duration.ofSeconds(1), Duration.ofMillis(300), Duration.ofMillis(300), 20, Duration.ofSeconds(20),
                Duration.ofMillis(100));
    }
}
