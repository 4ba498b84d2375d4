package dev.kindling.iso.image;

import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;

/** Time stamps of ECMA-167 (1/7.3). */
final class UdfTime {
    private static final int NO_ZONE = -2047;

    private UdfTime() {}

    /** Twelve bytes; what is no date becomes 1970. */
    static Instant read(ByteBuffer in, int at) {
        // twelve bits with a sign: minutes east of Greenwich
        int zone = in.getShort(at) << 20 >> 20;
        long nanos = (in.get(at + 9) & 0xFF) * 10_000_000L + (in.get(at + 10) & 0xFF) * 100_000L
                + (in.get(at + 11) & 0xFF) * 1000L;
        try {
            return LocalDateTime.of(in.getShort(at + 2), in.get(at + 4), in.get(at + 5), in.get(at + 6),
                    in.get(at + 7), in.get(at + 8), (int) Math.min(nanos, 999_999_999))
                    .toInstant(ZoneOffset.UTC).minusSeconds(zone == NO_ZONE ? 0 : zone * 60L);
        } catch (DateTimeException e) {
            return Instant.EPOCH;
        }
    }
}
