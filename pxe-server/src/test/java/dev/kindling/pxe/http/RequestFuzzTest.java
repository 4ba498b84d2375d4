package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random and damaged requests, from a seed. However they are cut into packets they must be read the same way, without
 * an exception that is not a refusal, and in bounded memory. {@code -Dfuzz.inputs=10000000 -Dfuzz.seed=7} for more.
 */
class RequestFuzzTest {
    private static final int INPUTS = Integer.getInteger("fuzz.inputs", 100_000);
    private static final long SEED = Long.getLong("fuzz.seed", 20261121);
    private static final String LETTERS = "/%.2e0\\\u0000cC-,=bytes 19;?#\u00ff";
    private static final String[] PIECES = {"GET ", "HEAD ", "POST ", "PRI ", "/", "/a/../b", "*", "%2e", "?", " ",
            " HTTP/1.1", " HTTP/1.0", " HTTP/2.0", "\r\n", "\r\n\r\n", "\n", "\r", "\n\n", "Host: h\r\n", "Host:\r\n",
            "Content-Length: 5\r\n", "Content-Length: -1\r\n", "Content-Length: 99999999999999999999\r\n",
            "Transfer-Encoding: chunked\r\n", "transfer-encoding: gzip\r\n", "Range: bytes=0-0,1-\r\n",
            "Connection: close, x\r\n", "Expect: 100-continue\r\n", "Authorization: Bearer x\r\n", " folded\r\n",
            "If-None-Match: \"a\", W/\"b\"\r\n", "X\0: y\r\n", ": v\r\n", "5\r\nhello\r\n", "0\r\n\r\n",
            "0\r\nT: x\r\n\r\n",
            "ffffffff\r\n", "7fffffff;x\r\n", "hello", "\u00ff\u0080", "\u0016\u0003\u0001", "a".repeat(300)};

    @Test
    void readsTheSameHoweverItIsCut() {
        readsTheSame(INPUTS);
    }

    @Test
    @Tag("full")
    void readsTenMillionRequestsAndTargets() {
        readsTheSame(10_000_000);
        judges(10_000_000);
    }

    private static void readsTheSame(int inputs) {
        var random = new Random(SEED);
        int requests = 0;
        for (int i = 0; i < inputs; i++) {
            byte[] input = input(random);
            List<String> whole = read(input, List.of(input.length));
            var cuts = new ArrayList<Integer>();
            for (int at = 0; at < input.length; at = cuts.getLast()) {
                cuts.add(Math.min(input.length, at + 1 + random.nextInt(random.nextBoolean() ? 3 : 200)));
            }
            assertThat(read(input, cuts)).as("seed %d, input %d, cut at %s:%n%s", SEED, i, cuts,
                    new String(input, StandardCharsets.ISO_8859_1)).isEqualTo(whole);
            requests += (int) whole.stream().filter(each -> !each.startsWith("refused")).count();
        }
        // it would prove little if nothing were ever understood
        assertThat(requests).isGreaterThan(inputs / 20);
    }

    @Test
    void judgesAnyTargetAndAnyRangeWithoutAnException() {
        judges(INPUTS);
    }

    private static void judges(int inputs) {
        var random = new Random(SEED);
        for (int i = 0; i < inputs; i++) {
            byte[] octets = new byte[random.nextInt(40)];
            for (int at = 0; at < octets.length; at++) {
                octets[at] = (byte) LETTERS.charAt(random.nextInt(LETTERS.length()));
            }
            String text = new String(octets, StandardCharsets.ISO_8859_1);
            if (RequestTarget.of("/" + text) instanceof RequestTarget.Clean(String path)) {
                assertThat(("/" + path + "/").contains("/../") || path.startsWith("/") || path.indexOf('\0') >= 0
                        || path.indexOf('\\') >= 0).as("seed %d: %s -> %s", SEED, text, path).isFalse();
            }
            long size = random.nextInt(200);
            if (ByteRange.of("bytes=" + text, size) instanceof ByteRange.Parts(List<ByteRange.Part> parts)) {
                assertThat(parts).as("seed %d: %s of %d", SEED, text, size).isNotEmpty()
                        .allMatch(part -> part.from() >= 0 && part.length() > 0 && part.end() <= size);
                assertThat(parts.stream().mapToLong(ByteRange.Part::length).sum()).isLessThanOrEqualTo(size);
            }
        }
    }

    /** Either pieces in any order, or a good request with damage. */
    private static byte[] input(Random random) {
        var text = new StringBuilder();
        if (random.nextBoolean()) {
            for (int n = random.nextInt(14); n >= 0; n--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            return text.toString().getBytes(StandardCharsets.ISO_8859_1);
        }
        for (int n = random.nextInt(3); n >= 0; n--) {
            text.append(random.nextBoolean()
                    ? "GET /f HTTP/1.1\r\nHost: h\r\nRange: bytes=0-9\r\n\r\n"
                    : random.nextBoolean()
                            ? "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
                            : "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
        }
        byte[] octets = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        for (int n = random.nextInt(4); n > 0; n--) {
            octets[random.nextInt(octets.length)] = (byte) random.nextInt(256);
        }
        return octets;
    }

    /** What is understood, in order; ends with the refusal where there is one. */
    private static List<String> read(byte[] input, List<Integer> cuts) {
        var reader = new RequestReader();
        var read = new ArrayList<String>();
        int from = 0;
        try {
            for (int cut : cuts) {
                reader.add(Unpooled.wrappedBuffer(input, from, cut - from));
                from = cut;
                for (var request = reader.next(); request != null; request = reader.next()) {
                    read.add(request.head() + " " + new String(request.body(), StandardCharsets.ISO_8859_1));
                }
                assertThat(reader.held()).isLessThanOrEqualTo(2 * RequestReader.MAX_HEAD + RequestReader.MAX_BODY);
            }
        } catch (RequestHead.Malformed e) {
            read.add("refused " + e.status() + " " + e.reason());
        }
        return read;
    }
}
