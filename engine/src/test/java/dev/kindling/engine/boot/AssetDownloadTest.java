package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.kindling.engine.boot.AssetCatalogue.Asset;
import dev.kindling.engine.boot.AssetDownload.Available;
import dev.kindling.engine.boot.AssetDownload.Result;
import dev.kindling.engine.boot.AssetDownload.Unavailable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssetDownloadTest {
    @TempDir
    Path cache;

    private final byte[] content = new byte[300_000];
    private final List<String> ranges = new CopyOnWriteArrayList<>();
    private volatile byte[] served = content;
    private volatile boolean breakOff;
    private HttpServer server;
    private Asset asset;

    @BeforeEach
    void open() throws IOException {
        new Random(11).nextBytes(content);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4);
        server.createContext("/", exchange -> {
            try (exchange) {
                boolean sums = exchange.getRequestURI().getPath().equals("/sums");
                byte[] all = sums
                        ? ("0".repeat(64) + "  other\n" + Hashes.of(content) + "  k3s\n").getBytes(UTF_8)
                        : served;
                @Nullable
                String range = exchange.getRequestHeaders().getFirst("Range");
                ranges.add(exchange.getRequestURI().getPath() + " " + range);
                int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
                if (exchange.getRequestURI().getPath().equals("/missing")) {
                    exchange.sendResponseHeaders(404, -1);
                    return;
                }
                exchange.sendResponseHeaders(range == null ? 200 : 206, all.length - from);
                exchange.getResponseBody().write(all, from, breakOff && !sums ? 100_000 : all.length - from);
            }
        });
        server.start();
        asset = new Asset("k3s", "v1.34.2+k3s1", "k3s", url("/k3s"), url("/sums"));
    }

    @AfterEach
    void close() {
        server.stop(0);
    }

    @Test
    void downloadsOnceAndThenNeedsNoNetwork() throws IOException {
        Result first = get(asset);
        assertThat(first).isInstanceOfSatisfying(Available.class, available -> {
            assertThat(available.file()).hasBinaryContent(content);
            assertThat(available.sha256()).isEqualTo(Hashes.of(content));
            assertThat(available.bytes()).isEqualTo(content.length);
        });
        server.stop(0);
        assertThat(get(asset)).isEqualTo(first);
    }

    @Test
    void goesOnWhereTheConnectionBroke() throws IOException {
        breakOff = true;
        assertThat(get(asset)).isInstanceOf(Unavailable.class);
        breakOff = false;
        assertThat(get(asset)).isInstanceOf(Available.class);
        assertThat(ranges).contains("/k3s bytes=100000-");
    }

    @Test
    void neverUsesWhatTheListDoesNotName() throws IOException {
        byte[] other = content.clone();
        other[77] ^= 1;
        served = other;
        assertThat(get(asset)).isInstanceOfSatisfying(Unavailable.class,
                unavailable -> assertThat(unavailable.reason()).contains("is not the file"));
        served = content;
        assertThat(get(asset)).isInstanceOf(Available.class);
    }

    @Test
    void startsAgainWhereAnOldPartDoesNotFit() throws IOException {
        Files.createDirectories(cache.resolve("assets"));
        Files.write(cache.resolve("assets").resolve(Hashes.of(content) + ".partial"), new byte[5000]);
        assertThat(get(asset)).isInstanceOfSatisfying(Available.class,
                available -> assertThat(available.file()).hasBinaryContent(content));
    }

    @Test
    void aChangedFileOfTheCacheIsFetchedAgain() throws IOException {
        Available available = (Available) get(asset);
        Files.write(available.file(), Arrays.copyOf(content, 1000));
        assertThat(get(asset)).isEqualTo(available);
        assertThat(available.file()).hasBinaryContent(content);
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        assertThat(get(new Asset("k3s", "v9", "k3s", url("/k3s"), url("/missing"))))
                .isInstanceOfSatisfying(Unavailable.class, unavailable -> assertThat(unavailable.reason())
                        .contains("is there a release v9?"));
        assertThat(get(new Asset("k3s", "v1", "not-listed", url("/k3s"), url("/sums"))))
                .isInstanceOfSatisfying(Unavailable.class, unavailable -> assertThat(unavailable.reason())
                        .contains("does not list not-listed"));
        assertThat(get(new Asset("k3s", "v1", "k3s", url("/missing"), url("/sums"))))
                .isInstanceOfSatisfying(Unavailable.class,
                        unavailable -> assertThat(unavailable.reason()).contains("404"));
    }

    @Test
    void failsAtOnceWithoutANetwork() throws IOException {
        server.stop(0);
        assertThat(get(asset)).isInstanceOfSatisfying(Unavailable.class,
                unavailable -> assertThat(unavailable.reason()).contains("cannot be reached"));
    }

    @Test
    void theCatalogueKnowsK3s() throws IOException {
        AssetCatalogue catalogue = AssetCatalogue.load();
        assertThat(catalogue.find("k3s", "v1.34.2+k3s1")).hasValueSatisfying(found -> {
            assertThat(found.url().toString()).startsWith("https://").endsWith("/v1.34.2%2Bk3s1/k3s");
            assertThat(found.checksums().toString()).startsWith("https://").contains("/v1.34.2%2Bk3s1/");
        });
        assertThat(catalogue.find("k8s", "v1")).isEmpty();
    }

    private Result get(Asset wanted) throws IOException {
        return new AssetDownload(cache).get(wanted, (what, done, total) -> {});
    }

    private URI url(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }
}
