package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.Served;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Content that is made while it is sent, asked by curl. */
class GeneratedTest {
    @TempDir
    private Path away;
    private final Served source = new Served(Path.of("/nowhere"));
    private final AtomicInteger closed = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();
    private Lab lab;

    /** Lines of 16 octets, each with its own offset. */
    private class Lines implements BootFile.Content {
        private final long size;
        private final @Nullable String version;
        private final long brokenFrom;

        Lines(long size, @Nullable String version, long brokenFrom) {
            this.size = size;
            this.version = version;
            this.brokenFrom = brokenFrom;
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public void read(long at, ByteBuffer to) throws IOException {
            if (at + to.remaining() > brokenFrom) {
                throw new IOException("the disk is gone");
            }
            for (long next = at; to.hasRemaining(); next++) {
                to.put((byte) "%015x\n".formatted(next / 16 * 16).charAt((int) (next % 16)));
            }
        }

        @Override
        public @Nullable String version() {
            return version;
        }

        @Override
        public void sent() {
            sent.incrementAndGet();
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    @BeforeEach
    void start() throws IOException {
        lab = new Lab(away, source);
    }

    @AfterEach
    void stop() {
        lab.close();
    }

    @Test
    void streamsItWhole() throws Exception {
        source.with("g", new BootFile.Generated(new Lines(1_000_000, null, Long.MAX_VALUE), "text/plain"));
        assertThat(lab.shell("curl", "curl -sSf URL/g | tail -c 32")).isEqualTo("0000000000f4220\n0000000000f4230\n");
        assertThat(lab.events.next(PxeEvent.FetchDone.class).bytes()).isEqualTo(1_000_000);
        assertThat(sent).hasValue(1);
        assertThat(closed).hasValue(1);
    }

    /** A BMC reads an ISO image so (lesson 20): thousands of ranges of something far larger than the memory. */
    @Test
    void servesRangesOfAnImageThatIsLargerThanAnyMemory() throws Exception {
        source.with("iso", new BootFile.Generated(new Lines(1L << 40, "v1", Long.MAX_VALUE), "text/plain"));
        assertThat(lab.shell("curl", "curl -sSf -r 549755813888-549755813903 URL/iso")).isEqualTo("000008000000000\n");
        assertThat(lab.shell("curl", "curl -sSf -r -16 URL/iso")).isEqualTo("00000fffffffff0\n");
        assertThat(lab.shell("curl", "curl -sSf -r 16-31,0-3 URL/iso")).contains(
                "Content-Range: bytes 16-31/1099511627776\r\n\r\n000000000000010\n\r\n--",
                "Content-Range: bytes 0-3/1099511627776\r\n\r\n0000\r\n--");
        assertThat(lab.shell("curl", "curl -sSfI URL/iso")).contains("Content-Length: 1099511627776", "ETag: \"v1\"",
                "Accept-Ranges: bytes");
        assertThat(lab.shell("curl", "curl -sS -o b -w '%{http_code}' -H 'If-None-Match: \"v1\"' URL/iso"))
                .isEqualTo("304");
        assertThat(lab.shell("curl", "curl -sS -o b -w '%{http_code}' -H 'If-Match: \"v0\"' URL/iso"))
                .isEqualTo("412");
        assertThat(lab.shell("curl", "curl -sS -w '%{http_code}' -H 'If-Range: \"v1\"' -r 0-3 URL/iso"))
                .isEqualTo("0000206");
        assertThat(sent).as("a part is not the whole").hasValue(0);
        // curl has the last octet before the server is told that it was taken
        for (int wait = 0; closed.get() < 7 && wait < 6000; wait++) {
            Thread.sleep(10);
        }
        assertThat(closed).as("one for each request").hasValue(7);
    }

    @Test
    void tellsThatItBrokeOffWhenNobodyReadsItAnyMore() throws Exception {
        var reading = new CountDownLatch(1);
        var lost = new CountDownLatch(1);
        source.with("g", new BootFile.Generated(new Lines(1_000_000, null, Long.MAX_VALUE) {
            @Override
            public void read(long at, ByteBuffer to) throws IOException {
                if (at > 0) {
                    reading.countDown();
                    awaited(lost);
                }
                super.read(at, to);
            }
        }, "text/plain"));
        try (var socket = new Socket(Lab.ADDRESS, lab.port)) {
            socket.setSoLinger(true, 0);
            socket.getOutputStream().write("GET /g HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            reading.await();
        }
        CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS).execute(lost::countDown);
        assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason()).contains("the connection was lost");
        assertThat(closed).hasValue(1);
    }

    private static void awaited(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void givesNoPartOfWhatMayBeAnotherNextTime() throws Exception {
        source.with("g", new BootFile.Generated(new Lines(32, null, Long.MAX_VALUE), "text/plain"));
        assertThat(lab.shell("curl", "curl -sSi -r 0-3 URL/g")).startsWith("HTTP/1.1 200 OK")
                .contains("Accept-Ranges: none", "Cache-Control: no-store", "Content-Length: 32")
                .doesNotContain("ETag");
    }

    @Test
    void breaksOffWhereItCannotBeMade() throws Exception {
        source.with("g", new BootFile.Generated(new Lines(1_000_000, null, 500_000), "text/plain"));
        assertThat(lab.fails("curl", "curl -sS -o got URL/g")).contains("bytes remaining to read");
        assertThat(lab.events.next(PxeEvent.FetchFailed.class).reason()).contains("the disk is gone",
                "of 1000000 octets");
        assertThat(sent).hasValue(0);
        assertThat(closed).hasValue(1);
    }
}
