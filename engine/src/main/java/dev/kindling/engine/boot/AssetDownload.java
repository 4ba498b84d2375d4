package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.engine.boot.AssetCatalogue.Asset;
import dev.kindling.engine.boot.BootAssets.Progress;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Serial;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Downloads assets into the cache. A download that broke off goes on where it stopped; nothing is used before its
 * SHA-256 is the one in the release's list; what is in the cache needs no network.
 */
public final class AssetDownload {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final int LIST_LIMIT = 1 << 20;
    private static final int ATTEMPTS = 3;
    private static final int RANGE_NOT_SATISFIABLE = 416;

    private final CacheDirectory cache;

    /**
     * Downloads into a cache.
     *
     * @param cache the directory that is given to {@link BootAssets#prepare} too
     */
    public AssetDownload(Path cache) {
        this.cache = new CacheDirectory(cache.toAbsolutePath().resolve("assets"));
    }

    /** How a download went. */
    public sealed interface Result {}

    /** The file is there and is what the release says. */
    public record Available(Path file, String sha256, long bytes) implements Result {}

    /**
     * The file is not in the cache and cannot be had.
     *
     * @param reason for people
     */
    public record Unavailable(String reason) implements Result {}

    /**
     * The asset, downloaded now where the cache does not hold it. Fails within seconds where there is no network.
     *
     * @throws IOException where the cache cannot be written
     */
    public Result get(Asset asset, Progress progress) throws IOException {
        String name = asset.name() + "-" + asset.version().replaceAll("[^A-Za-z0-9.+_-]", "_");
        Path directory = cache.path().resolve(name);
        if (Files.isDirectory(directory)) {
            Optional<Available> cached = check(directory, asset);
            if (cached.isPresent()) {
                return cached.get();
            }
            CacheDirectory.deleteTree(directory);
        }
        try {
            Path made = cache.get(name, aside -> download(asset, aside, progress));
            return check(made, asset).orElseThrow(() -> new IOException(made + " was changed while it was used"));
        } catch (Unreachable e) {
            return new Unavailable(e.getMessage() == null ? asset.url() + " cannot be reached" : e.getMessage());
        }
    }

    /** Empty where a file of the cache is not what it was. */
    private static Optional<Available> check(Path directory, Asset asset) throws IOException {
        Path file = directory.resolve(asset.file());
        Path sum = directory.resolve("sha256");
        if (!Files.isRegularFile(file) || !Files.isRegularFile(sum)) {
            return Optional.empty();
        }
        String sha256 = Files.readString(sum).strip();
        return Hashes.of(file).equals(sha256)
                ? Optional.of(new Available(file, sha256, Files.size(file)))
                : Optional.empty();
    }

    private void download(Asset asset, Path aside, Progress progress) throws IOException {
        String sha256 = expected(asset);
        Path partial = cache.path().resolve(sha256 + ".partial");
        for (int attempt = 1;; attempt++) {
            append(asset.url(), partial, asset.name() + " " + asset.version(), progress);
            if (Hashes.of(partial).equals(sha256)) {
                break;
            }
            Files.delete(partial);
            if (attempt == ATTEMPTS) {
                throw new Unreachable(asset.url() + " is not the file that " + asset.checksums() + " lists", null);
            }
        }
        Files.createDirectory(aside);
        Files.move(partial, aside.resolve(asset.file()), StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(aside.resolve("sha256"), sha256 + "\n");
    }

    /** The SHA-256 in the release's list. */
    private static String expected(Asset asset) throws IOException {
        byte[] list;
        try (InputStream in = open(asset.checksums(), 0).getInputStream()) {
            list = in.readNBytes(LIST_LIMIT);
        } catch (FileNotFoundException e) {
            throw new Unreachable(asset.checksums() + " does not exist: is there a release " + asset.version() + "?",
                    e);
        } catch (IOException e) {
            throw new Unreachable(asset.checksums().getHost() + " cannot be reached from here: " + e, e);
        }
        return new String(list, UTF_8).lines().map(line -> List.of(line.strip().split("\\s+\\*?", 2)))
                .filter(words -> words.size() == 2 && words.get(1).equals(asset.file()))
                .map(words -> words.getFirst().toLowerCase(Locale.ROOT)).filter(sum -> sum.matches("[0-9a-f]{64}"))
                .findFirst()
                .orElseThrow(() -> new Unreachable(asset.checksums() + " does not list " + asset.file(), null));
    }

    /** Fetches what is missing of a file. Returns normally where the server says that there is no more. */
    private static void append(URI url, Path partial, String what, Progress progress) throws IOException {
        long have = Files.exists(partial) ? Files.size(partial) : 0;
        HttpURLConnection connection = open(url, have);
        int status;
        try {
            status = connection.getResponseCode();
        } catch (IOException e) {
            throw new Unreachable(url.getHost() + " cannot be reached from here: " + e, e);
        }
        if (status == RANGE_NOT_SATISFIABLE && have > 0) {
            return;
        }
        if (status != HttpURLConnection.HTTP_OK && status != HttpURLConnection.HTTP_PARTIAL) {
            throw new Unreachable(url + " answers " + status, null);
        }
        boolean goesOn = status == HttpURLConnection.HTTP_PARTIAL;
        long done = goesOn ? have : 0;
        long length = connection.getContentLengthLong();
        long total = length < 0 ? -1 : done + length;
        try (InputStream in = connection.getInputStream();
                OutputStream out = Files.newOutputStream(partial, StandardOpenOption.CREATE, goesOn
                        ? StandardOpenOption.APPEND
                        : StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            byte[] buffer = new byte[1 << 16];
            for (int n = read(in, buffer, url, done); n >= 0; n = read(in, buffer, url, done)) {
                out.write(buffer, 0, n);
                done += n;
                progress.at(what, done, total);
            }
        }
        if (total >= 0 && done < total) {
            throw new Unreachable(url + " broke off after " + done + " of " + total + " bytes; it goes on from there",
                    null);
        }
    }

    private static int read(InputStream in, byte[] buffer, URI url, long done) throws Unreachable {
        try {
            return in.read(buffer);
        } catch (IOException e) {
            throw new Unreachable(url + " broke off after " + done + " bytes (" + e.getMessage()
                    + "); it goes on from there", e);
        }
    }

    /** Follows redirects, as long as they stay with the same scheme: never from HTTPS to HTTP. */
    private static HttpURLConnection open(URI url, long from) throws IOException {
        URLConnection connection = url.toURL().openConnection();
        if (!(connection instanceof HttpURLConnection http)) {
            throw new IOException(url + " is no HTTP URL");
        }
        http.setConnectTimeout((int) CONNECT.toMillis());
        http.setReadTimeout((int) SILENCE.toMillis());
        http.setRequestProperty("User-Agent", "kindling");
        if (from > 0) {
            http.setRequestProperty("Range", "bytes=" + from + "-");
        }
        return http;
    }

    /** The other side's fault; ours are plain IOExceptions. */
    private static final class Unreachable extends IOException {
        @Serial
        private static final long serialVersionUID = 1;

        Unreachable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
