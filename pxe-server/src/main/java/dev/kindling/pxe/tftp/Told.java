package dev.kindling.pxe.tftp;

import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells what happens to one request. */
record Told(Consumer<PxeEvent> events, Clock clock, @Nullable MacAddress mac, String path) {
    private static final Logger LOG = LoggerFactory.getLogger(Told.class);

    void started(long size) {
        tell(new PxeEvent.FetchStarted(clock.instant(), mac, BootSource.Protocol.TFTP, path, size,
                "fetches %s by TFTP, %d octets".formatted(path, size)));
    }

    void done(long size, Duration took) {
        tell(new PxeEvent.FetchDone(clock.instant(), mac, BootSource.Protocol.TFTP, path, size, took.toMillis(),
                "has %s by TFTP, %d octets in %d ms".formatted(path, size, took.toMillis())));
    }

    void stalled(long seconds, String where, String reason) {
        tell(new PxeEvent.Stalled(clock.instant(), mac, "TFTP " + path, seconds, reason,
                "stuck %d s %s of %s: %s".formatted(seconds, where, path, reason)));
    }

    void failed(String reason) {
        tell(new PxeEvent.FetchFailed(clock.instant(), mac, BootSource.Protocol.TFTP, path, reason,
                "did not get %s by TFTP: %s".formatted(path, reason)));
    }

    private void tell(PxeEvent event) {
        try {
            events.accept(event);
        } catch (RuntimeException e) {
            LOG.error("an event was not taken: {}", event, e);
        }
    }
}
