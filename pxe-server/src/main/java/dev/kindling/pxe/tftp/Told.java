package dev.kindling.pxe.tftp;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells what happens to one request. */
record Told(Consumer<PxeEvent> events, Clock clock, @Nullable MacAddress mac, String path) {
    void started(long size) {
        events.accept(new PxeEvent.FetchStarted(clock.instant(), mac, BootSource.Protocol.TFTP, path, size,
                "fetches %s by TFTP, %d octets".formatted(path, size)));
    }

    void done(long size, Duration took) {
        events.accept(
                new PxeEvent.FetchDone(clock.instant(), mac, BootSource.Protocol.TFTP, path, size, took.toMillis(),
                        "has %s by TFTP, %d octets in %d ms".formatted(path, size, took.toMillis())));
    }

    void stalled(long seconds, String where, String reason) {
        events.accept(new PxeEvent.Stalled(clock.instant(), mac, "TFTP " + path, seconds, reason,
                "stuck %d s %s of %s: %s".formatted(seconds, where, path, reason)));
    }

    void failed(String reason) {
        events.accept(new PxeEvent.FetchFailed(clock.instant(), mac, BootSource.Protocol.TFTP, path, reason,
                "did not get %s by TFTP: %s".formatted(path, reason)));
    }
}
