package dev.kindling.pxe;

import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The identity that HTTPS shows (TLS 1.3 and 1.2), and whom it lets in. */
public sealed interface Tls {
    /**
     * PEM files, read again when they change: a new connection then sees the new certificate.
     *
     * @param certificate the server's own first, then the ones that lead to its root
     * @param key PKCS#8 or the older forms of OpenSSL, not encrypted
     * @param clientCa whoever has no certificate from one of these is refused; null: nobody is asked for one
     */
    record PemFiles(Path certificate, Path key, @Nullable Path clientCa) implements Tls {}

    /**
     * Held in memory.
     *
     * @param chain the server's own certificate first, then the ones that lead to its root
     * @param clientCas whoever has no certificate from one of these is refused; empty: nobody is asked for one
     */
    record Material(List<X509Certificate> chain, PrivateKey key, List<X509Certificate> clientCas) implements Tls {
        public Material {
            chain = List.copyOf(chain);
            clientCas = List.copyOf(clientCas);
        }

        /** Without the key. */
        @Override
        public String toString() {
            return "Material[" + chain.stream().map(c -> c.getSubjectX500Principal().getName()).toList() + ", ***]";
        }
    }
}
