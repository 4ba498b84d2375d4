package dev.kindling.pxe.http;

import dev.kindling.pxe.Tls;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** TLS 1.3 and 1.2 for HTTP/1.1, with a certificate that may be replaced while the server runs. */
public final class TlsIdentity implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsIdentity.class);
    private static final long LOOK_AGAIN_NANOS = 1_000_000_000;

    private record Explanation(List<String> marks, String meaning) {}

    private static final List<Explanation> EXPLANATIONS = List.of(
            // OpenSSL's clients say "unknown CA" in clear where BoringSSL awaits an encrypted record of more octets
            new Explanation(
                    List.of("BAD_PACKET_LENGTH", "UNKNOWN_CA", "unknown_ca", "CERTIFICATE_UNKNOWN",
                            "certificate_unknown",
                            "BAD_CERTIFICATE", "bad_certificate"),
                    "the client does not trust our certificate: enrol its root certificate in the client"),
            new Explanation(List.of("HTTP_REQUEST", "not an SSL/TLS record"),
                    "plain HTTP is spoken to the port of TLS"),
            new Explanation(List.of("PEER_DID_NOT_RETURN_A_CERTIFICATE", "Empty client certificate chain"),
                    "the client shows no certificate, and one is asked for"),
            new Explanation(List.of("UNSUPPORTED_PROTOCOL", "protocol_version", "No appropriate protocol"),
                    "the client knows neither TLS 1.2 nor TLS 1.3"),
            new Explanation(List.of("NO_SHARED_CIPHER", "no cipher suites in common"),
                    "no cipher suite is known to both"),
            new Explanation(List.of("CERTIFICATE_VERIFY_FAILED", "PKIX path", "unable to find valid certification"),
                    "the client's certificate is not from one of the client CAs"),
            new Explanation(List.of("ClosedChannelException", "handshake timed out"),
                    "the client went away, or is too slow"));

    private final Tls tls;
    private final Clock clock;
    private SslContext context;
    private Map<Path, FileTime> seen;
    private long looked = System.nanoTime();

    /**
     * Reads it.
     *
     * @throws IOException where certificate and key are not fit for use: which file, what is wrong, and what to do
     */
    public static TlsIdentity of(Tls tls, Clock clock) throws IOException {
        return new TlsIdentity(tls, clock);
    }

    private TlsIdentity(Tls tls, Clock clock) throws IOException {
        this.tls = tls;
        this.clock = clock;
        this.seen = times();
        this.context = build();
    }

    /** For a new connection, with the files as they are now; the caller releases it. */
    synchronized SslContext acquire() {
        long now = System.nanoTime();
        if (now - looked > LOOK_AGAIN_NANOS) {
            looked = now;
            reload();
        }
        return ReferenceCountUtil.retain(context);
    }

    @Override
    public synchronized void close() {
        ReferenceCountUtil.release(context);
    }

    /** Certificate and key are two files: while they do not fit, the old ones stay. */
    private void reload() {
        var times = times();
        if (times.equals(seen)) {
            return;
        }
        try {
            var fresh = build();
            seen = times;
            ReferenceCountUtil.release(context);
            context = fresh;
            LOG.info("the certificate of HTTPS was read again");
        } catch (IOException e) {
            if (times.values().stream().allMatch(time -> time.toMillis() < clock.millis() - 10_000)) {
                LOG.warn("the certificate of HTTPS stays as it was: {}", e.getMessage());
                seen = times; // nobody is about to write the other file
            }
        }
    }

    private Map<Path, FileTime> times() {
        var times = new HashMap<Path, FileTime>();
        if (tls instanceof Tls.PemFiles files) {
            Stream.of(files.certificate(), files.key()).forEach(file -> times.put(file, time(file)));
            if (files.clientCa() != null) {
                times.put(files.clientCa(), time(files.clientCa()));
            }
        }
        return times;
    }

    private static FileTime time(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            return FileTime.fromMillis(0); // building tells what is wrong
        }
    }

    private SslContext build() throws IOException {
        var material = switch (tls) {
            case Tls.PemFiles files -> Pem.read(files);
            case Tls.Material given -> given;
        };
        Pem.check(material, clock);
        String algorithm = material.chain().getFirst().getPublicKey().getAlgorithm();
        // BoringSSL takes other keys, too, and then refuses each handshake
        boolean boring = OpenSsl.isAvailable() && (algorithm.equals("RSA") || algorithm.equals("EC"));
        return build(material, boring ? SslProvider.OPENSSL_REFCNT : SslProvider.JDK);
    }

    private static SslContext build(Tls.Material material, SslProvider provider) throws SSLException {
        var builder = SslContextBuilder.forServer(material.key(), material.chain()).sslProvider(provider)
                .protocols("TLSv1.3", "TLSv1.2")
                .applicationProtocolConfig(new ApplicationProtocolConfig(Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE, SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_1_1));
        if (!material.clientCas().isEmpty()) {
            builder.trustManager(material.clientCas()).clientAuth(ClientAuth.REQUIRE);
        }
        return builder.build();
    }

    /** What a failed handshake most likely means. */
    static String explain(@Nullable Throwable cause) {
        String text = "";
        for (var each = cause; each != null; each = each.getCause()) {
            text += each + " ";
        }
        for (var known : EXPLANATIONS) {
            if (known.marks().stream().anyMatch(text::contains)) {
                return known.meaning();
            }
        }
        return cause == null ? "no reason given" : String.valueOf(cause.getMessage());
    }
}
