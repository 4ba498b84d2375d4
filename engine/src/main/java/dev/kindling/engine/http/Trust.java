package dev.kindling.engine.http;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Locale;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** Which server a client takes for the right one. */
public sealed interface Trust {
    /** One whose certificate leads to an authority that this computer knows. */
    record Computer() implements Trust {}

    /** One whose certificate leads to one of a PEM file, and names the host. */
    record Authority(Path file) implements Trust {}

    /** The one with that certificate, whatever it says: SHA-256 in hexadecimal, with or without colons. */
    record Fingerprint(String sha256) implements Trust {
        public Fingerprint {
            sha256 = sha256.replace(":", "").toLowerCase(Locale.ROOT);
            if (!sha256.matches("[0-9a-f]{64}")) {
                throw new ConnectionFailed(Problem.error("fingerprint-bad", "--fingerprint",
                        "'" + sha256 + "' is no SHA-256", "64 hexadecimal digits", "kindling serve prints it"));
            }
        }
    }

    /** A TLS context that trusts so. */
    default SSLContext context() {
        try {
            return switch (this) {
                case Computer() -> SSLContext.getDefault();
                case Authority(Path file) -> with(authorities(file));
                case Fingerprint(String sha256) -> with(new TrustManager[]{new Pinned(sha256)});
            };
        } catch (GeneralSecurityException | IOException e) {
            throw new ConnectionFailed(Problem.error("trust-unusable", "--cacert",
                    "cannot use the certificates: " + e.getMessage(), "a file of PEM certificates", ""));
        }
    }

    private static SSLContext with(TrustManager[] managers) throws GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers, new SecureRandom());
        return context;
    }

    private static TrustManager[] authorities(Path file) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        try (var in = Files.newInputStream(file)) {
            for (Certificate certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + store.size(), certificate);
            }
        }
        if (store.size() == 0) {
            throw new IOException(file + " holds no certificate");
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }

    /** SHA-256 in hexadecimal. */
    static String fingerprint(X509Certificate certificate) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
    }

    /** Takes one certificate only. The extended kind is asked about host names too, and has nothing against them. */
    final class Pinned extends X509ExtendedTrustManager {
        private final String sha256;

        private Pinned(String sha256) {
            this.sha256 = sha256;
        }

        private void check(X509Certificate[] chain) throws CertificateException {
            try {
                String shown = fingerprint(chain[0]);
                if (!MessageDigest.isEqual(HexFormat.of().parseHex(shown), HexFormat.of().parseHex(sha256))) {
                    throw new CertificateException("the server shows the certificate with SHA-256 " + shown);
                }
            } catch (CertificateException e) {
                throw e;
            } catch (GeneralSecurityException e) {
                throw new CertificateException(e);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("this is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new CertificateException("this is a client");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("this is a client");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
