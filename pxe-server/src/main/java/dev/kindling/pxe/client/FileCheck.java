package dev.kindling.pxe.client;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Whether a boot file that some server named can be had. Nothing of it is fetched.
 *
 * @param url such as {@code tftp://10.0.0.1/snponly.efi}, or as it was named
 * @param size octets; -1: not told
 * @param blockSize what TFTP grants where 1468 octets are asked, as EDK2 does; 0 by HTTP
 * @param window what TFTP grants where 16 blocks are asked (RFC 7440); 0 by HTTP
 * @param problem why it cannot be had; null: it can
 */
public record FileCheck(String url, long size, int blockSize, int window, @Nullable String problem) {
    private static final int TFTP_PORT = 69;
    private static final int BLOCK = 1468;
    private static final int WINDOW = 16;
    private static final Duration HTTP_PATIENCE = Duration.ofSeconds(4);

    static FileCheck tftp(InetAddress own, InetAddress server, String file) throws IOException, InterruptedException {
        String url = "tftp://" + server.getHostAddress() + "/" + (file.startsWith("/") ? file.substring(1) : file);
        try (var wire = new Wire(own, 0, 65_536, Loss.none())) {
            var granted = new TftpDownload(wire, new InetSocketAddress(server, TFTP_PORT), file, Timing.brief(), BLOCK,
                    WINDOW).probe();
            return new FileCheck(url, granted.size(), granted.blockSize(), granted.window(), null);
        } catch (BootException e) {
            return new FileCheck(url, -1, 0, 0, String.valueOf(e.getMessage()));
        }
    }

    /** By HEAD, as UEFI HTTP Boot asks first. */
    static FileCheck http(String url) {
        try {
            if (!(new URI(url).toURL().openConnection() instanceof HttpURLConnection connection)) {
                return failed(url, "neither TFTP nor HTTP");
            }
            connection.setRequestMethod("HEAD");
            connection.setInstanceFollowRedirects(false);
            connection.setConnectTimeout((int) HTTP_PATIENCE.toMillis());
            connection.setReadTimeout((int) HTTP_PATIENCE.toMillis());
            try {
                int status = connection.getResponseCode();
                return status == HttpURLConnection.HTTP_OK
                        ? new FileCheck(url, connection.getContentLengthLong(), 0, 0, null)
                        : failed(url, "status " + status);
            } finally {
                connection.disconnect();
            }
        } catch (IOException | URISyntaxException | IllegalArgumentException e) {
            return failed(url, String.valueOf(e.getMessage()));
        }
    }

    private static FileCheck failed(String url, String problem) {
        return new FileCheck(url, -1, 0, 0, problem);
    }

    /** For people. */
    public String text() {
        if (problem != null) {
            return url + " cannot be had: " + problem;
        }
        String octets = size < 0 ? "its size is not told" : size + " octets";
        return blockSize == 0
                ? "%s: %s".formatted(url, octets)
                : "%s: %s, blksize %d, windowsize %d".formatted(url, octets, blockSize, window);
    }
}
