package dev.kindling.pxe.client;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 request on a connection of its own, from a given local address, with no thread of its own: the JDK's
 * client has a selector thread for each local address.
 */
final class PlainHttp {
    private static final int MAX_LINE = 8 * 1024;
    private static final int MAX_HEADERS = 100;

    private PlainHttp() {}

    /** Takes the body as it comes. */
    interface Body {
        void take(byte[] octets, int from, int length) throws IOException;
    }

    record Head(int status, Map<String, String> headers) {}

    /**
     * Asks, and reads the whole answer.
     *
     * @param token for {@code Authorization: Bearer}; null: none
     * @param content of a POST; null: GET
     * @throws IOException if there is no whole answer; any status is an answer
     */
    static Head exchange(InetAddress local, URI uri, @Nullable String token, byte @Nullable [] content,
            Duration timeout, Body body) throws IOException, InterruptedException {
        if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
            throw new ProtocolException("only http:// is spoken here: " + uri);
        }
        int millis = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis());
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        try (var socket = new Socket()) {
            socket.bind(new InetSocketAddress(local, 0));
            socket.connect(new InetSocketAddress(uri.getHost(), port), millis);
            socket.setSoTimeout(millis);
            socket.setTcpNoDelay(true);
            socket.getOutputStream().write(request(uri, port, token, content));
            return answer(new BufferedInputStream(socket.getInputStream(), 16 * 1024), body);
        } catch (SocketException e) {
            if (Thread.interrupted()) {
                var interrupt = new InterruptedException("stopped");
                interrupt.initCause(e);
                throw interrupt;
            }
            throw e;
        }
    }

    private static byte[] request(URI uri, int port, @Nullable String token, byte @Nullable [] content) {
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        var head = new StringBuilder().append(content == null ? "GET " : "POST ").append(path).append(query)
                .append(" HTTP/1.1\r\nHost: ").append(uri.getHost()).append(port == 80 ? "" : ":" + port)
                .append("\r\nUser-Agent: Kindling-firmware\r\nConnection: close\r\n");
        if (token != null) {
            head.append("Authorization: Bearer ").append(token).append("\r\n");
        }
        byte[] body = content == null ? new byte[0] : content;
        if (content != null) {
            head.append("Content-Type: text/plain; charset=utf-8\r\nContent-Length: ").append(body.length)
                    .append("\r\n");
        }
        byte[] first = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        byte[] all = java.util.Arrays.copyOf(first, first.length + body.length);
        System.arraycopy(body, 0, all, first.length, body.length);
        return all;
    }

    private static Head answer(InputStream in, Body body) throws IOException {
        String status = line(in);
        String[] words = status.split(" ", 3);
        if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("[1-5]\\d\\d")) {
            throw new ProtocolException("no HTTP status line");
        }
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            if (colon < 1 || headers.size() >= MAX_HEADERS) {
                throw new ProtocolException("a bad header");
            }
            headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
        }
        String length = headers.get("content-length");
        if (length == null || headers.containsKey("transfer-encoding")) {
            // UEFI HTTP Boot needs it, so a server that leaves it out is not fit for booting
            throw new ProtocolException("an answer without Content-Length");
        }
        byte[] buffer = new byte[16 * 1024];
        for (long left = number(length); left > 0;) {
            int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (n < 0) {
                throw new EOFException("the connection broke off, %d octets are missing".formatted(left));
            }
            body.take(buffer, 0, n);
            left -= n;
        }
        return new Head(Integer.parseInt(words[1]), headers);
    }

    private static long number(String text) throws ProtocolException {
        if (!text.matches("\\d{1,18}")) {
            throw new ProtocolException("a Content-Length that is no number");
        }
        return Long.parseLong(text);
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        while (true) {
            int c = in.read();
            if (c < 0) {
                throw new EOFException("the connection broke off in the header");
            }
            if (c == '\n') {
                return line.toString();
            }
            if (c != '\r') {
                line.append((char) c);
            }
            if (line.length() > MAX_LINE) {
                throw new ProtocolException("a header line without end");
            }
        }
    }
}
