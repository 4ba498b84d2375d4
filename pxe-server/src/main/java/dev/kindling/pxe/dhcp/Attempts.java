package dev.kindling.pxe.dhcp;

import dev.kindling.pxe.MacAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * Counts the offers that a machine was sent and did not take. Firmware that keeps asking after it was answered does not
 * hear us, or finds something missing in what it hears; its own screen does not say which.
 */
final class Attempts {
    /** A lost packet explains one repetition; collecting the offers of other servers another one. */
    private static final int SUSPICIOUS = 3;
    /** After this a machine that asks begins anew, such as after a reset. */
    private static final Duration FORGOTTEN = Duration.ofMinutes(2);
    private static final int MOST_KNOWN = 4096;

    private record Attempt(int offers, Instant first, Instant last) {}

    private final Map<MacAddress, Attempt> byMac = new Bounded<>(MOST_KNOWN);

    /** What has come together by now. */
    record Untaken(int offers, Duration since) {
        /** At the third, the sixth, the twelfth: a machine that never gives up must not fill the log. */
        boolean isNews() {
            return offers % SUSPICIOUS == 0 && Integer.bitCount(offers / SUSPICIOUS) == 1;
        }
    }

    /** The machine asks; how many offers it was sent before, and has not taken. */
    Untaken asked(MacAddress mac, Instant now) {
        Attempt before = byMac.remove(mac);
        if (before == null || before.last().plus(FORGOTTEN).isBefore(now)) {
            before = new Attempt(0, now, now);
        }
        byMac.put(mac, new Attempt(before.offers() + 1, before.first(), now));
        return new Untaken(before.offers(), Duration.between(before.first(), now));
    }

    /** The machine took an offer, ours or another server's. */
    void taken(MacAddress mac) {
        byMac.remove(mac);
    }
}
