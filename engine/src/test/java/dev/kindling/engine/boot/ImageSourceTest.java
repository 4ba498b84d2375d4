package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.iso.IsoBuilder;
import dev.kindling.iso.MediaSpec;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.TreeScan;
import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.PxeConfig;
import dev.kindling.pxe.PxeServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** curl fetches an image that does not exist as a file. */
class ImageSourceTest {
    @TempDir
    Path directory;
    private Path tree = Path.of("");
    private byte[] expected = {};
    private PxeServer server;

    /** Has one file, and boots nobody. */
    private static final class Others implements BootSource {
        @Override
        public Answer answer(Client client) {
            return new Answer.Lease(null, null, null);
        }

        @Override
        public Optional<BootFile> open(Fetch fetch) {
            return fetch.path().equals("beside") ? Optional.of(BootFile.text("beside")) : Optional.empty();
        }
    }

    @BeforeEach
    void serve() throws IOException {
        tree = Files.createDirectories(directory.resolve("tree/sub"));
        Random random = new Random(7);
        for (int i = 0; i < 40; i++) {
            byte[] bytes = new byte[i < 30 ? random.nextInt(5000) : 100_000 * i + i];
            random.nextBytes(bytes);
            Files.write(tree.resolve("file-" + i), bytes);
        }
        tree = directory.resolve("tree");
        Content image = IsoBuilder.image(MediaSpec.of(TreeScan.of(tree).tree(), "SERVED"));
        expected = image.bytes();
        InetAddress loopback = InetAddress.getLoopbackAddress();
        var link = new PxeConfig.Link(null, loopback, PxeConfig.Subnet.of(loopback, 8));
        server = PxeServer.start(
                PxeConfig.of(List.of(link), PxeConfig.Mode.NONE).withPorts(new PxeConfig.Ports(0, 0, 0, 0, 0)),
                new ImageSource(new Others(), Map.of("media/image.iso", ServedImage.of(image))), _ -> {},
                Clock.systemUTC());
    }

    @AfterEach
    void close() {
        server.close();
    }

    private Path curl(String path, String... options) {
        Path out = directory.resolve("out");
        List<String> command = new ArrayList<>(List.of("curl", "-s", "-S", "-o", out.toString(), "-D",
                directory.resolve("head").toString()));
        command.addAll(List.of(options));
        command.add("http://127.0.0.1:" + server.httpPort() + "/" + path);
        try {
            Files.deleteIfExists(out);
            Process curl = new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(curl.getInputStream().readAllBytes(), UTF_8);
            assertThat(curl.waitFor()).as(said).isIn(0, 18, 22);
        } catch (IOException e) {
            throw new UncheckedIOException("This test needs the Debian package curl", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return out;
    }

    private String head() throws IOException {
        return Files.readString(directory.resolve("head"));
    }

    @Test
    void theWholeIsWhatTheFileWouldBe() throws IOException {
        assertThat(curl("media/image.iso")).hasBinaryContent(expected);
        assertThat(head()).contains("HTTP/1.1 200", "Accept-Ranges: bytes", "Content-Length: " + expected.length);
    }

    @Test
    void anyRangeIsWhatTheFileWouldHaveThere() throws IOException {
        Random random = new Random(11);
        for (int i = 0; i < 60; i++) {
            int from = random.nextInt(expected.length);
            int length = 1 + random.nextInt(Math.min(expected.length - from, i < 40 ? 70_000 : 20_000_000));

            Path got = curl("media/image.iso", "-r", from + "-" + (from + length - 1));

            assertThat(got).hasBinaryContent(Arrays.copyOfRange(expected, from, from + length));
            assertThat(head()).contains("HTTP/1.1 206",
                    "Content-Range: bytes " + from + "-" + (from + length - 1) + "/" + expected.length);
        }
    }

    @Test
    void aDownloadThatStoppedGoesOn() throws IOException {
        Path rest = curl("media/image.iso", "-C", "1234567");
        assertThat(rest).hasBinaryContent(Arrays.copyOfRange(expected, 1_234_567, expected.length));
    }

    @Test
    void whatTheOthersHaveIsThere() throws IOException {
        assertThat(curl("beside")).hasContent("beside");
        curl("elsewhere");
        assertThat(head()).contains("HTTP/1.1 404");
    }

    /** A mixture of two versions would boot, and fail at some later time. */
    @Test
    void aFileThatChangedMeanwhileStopsTheDownload() throws IOException {
        Files.setLastModifiedTime(tree.resolve("sub/file-39"), FileTime.from(Instant.EPOCH));
        curl("media/image.iso");
        assertThat(head()).contains("HTTP/1.1 500");
    }

    @Test
    void anotherTreeIsAnotherVersion() throws IOException {
        String before = version();
        assertThat(version()).isEqualTo(before);
        Files.setLastModifiedTime(tree.resolve("sub/file-3"), FileTime.from(Instant.EPOCH));
        assertThat(version()).isNotEqualTo(before);
    }

    private String version() throws IOException {
        return ServedImage.of(IsoBuilder.image(MediaSpec.of(TreeScan.of(tree).tree(), "SERVED"))).version();
    }
}
