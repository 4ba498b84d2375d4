package dev.kindling.pxe.http;

import dev.kindling.pxe.Tls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/** Certificates and keys in PEM (RFC 7468), and whether they are fit for use. */
final class Pem {
    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----",
            Pattern.DOTALL);

    private Pem() {}

    static Tls.Material read(Tls.PemFiles files) throws IOException {
        var chain = certificates(files.certificate());
        return new Tls.Material(chain, key(files.key(), chain.getFirst().getPublicKey()),
                files.clientCa() == null ? List.of() : certificates(files.clientCa()));
    }

    /**
     * Holds key and certificate against each other and the clock.
     *
     * @throws IOException if they are not fit for use
     */
    static void check(Tls.Material material, Clock clock) throws IOException {
        if (material.chain().isEmpty()) {
            throw new IOException("HTTPS needs a certificate, and the chain is empty");
        }
        var own = material.chain().getFirst();
        Instant now = clock.instant();
        Instant from = own.getNotBefore().toInstant();
        Instant until = own.getNotAfter().toInstant();
        String name = own.getSubjectX500Principal().getName();
        if (now.isAfter(until)) {
            throw new IOException("the certificate of HTTPS (%s) expired on %s: make a new one".formatted(name,
                    until));
        }
        if (now.isBefore(from)) {
            throw new IOException(
                    ("the certificate of HTTPS (%s) is valid from %s on, and this machine's clock says %s:"
                            + " set the clock, or make a new one")
                            .formatted(name, from, now));
        }
        if (!fit(own.getPublicKey(), material.key())) {
            throw new IOException(("the private key of HTTPS does not belong to the certificate (%s):"
                    + " name the key that the certificate was made with").formatted(name));
        }
    }

    private static boolean fit(PublicKey open, PrivateKey secret) {
        String algorithm = switch (open.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> open.getAlgorithm();
        };
        byte[] octets = {1, 2, 3};
        try {
            var signature = Signature.getInstance(algorithm);
            signature.initSign(secret);
            signature.update(octets);
            byte[] signed = signature.sign();
            signature.initVerify(open);
            signature.update(octets);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static List<X509Certificate> certificates(Path file) throws IOException {
        byte[] octets = bytes(file, "certificate");
        if (!new String(octets, StandardCharsets.ISO_8859_1).contains("-----BEGIN CERTIFICATE-----")) {
            throw new IOException("%s holds no PEM certificate (-----BEGIN CERTIFICATE-----)".formatted(file));
        }
        try {
            var found = CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(octets));
            return found.stream().map(X509Certificate.class::cast).toList();
        } catch (GeneralSecurityException e) {
            throw new IOException("the certificate in %s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static PrivateKey key(Path file, PublicKey open) throws IOException {
        var blocks = BLOCK.matcher(new String(bytes(file, "private key"), StandardCharsets.ISO_8859_1));
        while (blocks.find()) {
            String kind = blocks.group(1);
            if (!kind.endsWith("PRIVATE KEY")) {
                continue;
            }
            if (kind.startsWith("ENCRYPTED") || blocks.group(2).contains("ENCRYPTED")) {
                throw new IOException(("the private key in %1$s is encrypted. Decrypt it for this service:"
                        + " openssl pkey -in %1$s -out plain.pem, and keep that file readable by it only")
                        .formatted(file));
            }
            try {
                byte[] octets = Base64.getMimeDecoder().decode(blocks.group(2));
                return KeyFactory.getInstance(open.getAlgorithm()).generatePrivate(
                        new PKCS8EncodedKeySpec(kind.equals("PRIVATE KEY") ? octets : wrap(octets, open)));
            } catch (GeneralSecurityException | IllegalArgumentException e) {
                throw new IOException("the private key in %s cannot be used with the certificate, which is for %s: %s"
                        .formatted(file, open.getAlgorithm(), e.getMessage()), e);
            }
        }
        throw new IOException("%s holds no PEM private key (-----BEGIN PRIVATE KEY-----)".formatted(file));
    }

    private static byte[] bytes(Path file, String what) throws IOException {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new IOException("the %s of HTTPS, %s, is not there".formatted(what, file), e);
        } catch (IOException e) {
            throw new IOException("the %s of HTTPS, %s, cannot be read: %s".formatted(what, file, e), e);
        }
    }

    /**
     * The older forms (PKCS#1, SEC 1) hold the key alone. PKCS#8 puts the algorithm in front of it, and that stands in
     * the public key, which begins with it (RFC 5208, RFC 5280).
     */
    private static byte[] wrap(byte[] key, PublicKey open) {
        byte[] info = open.getEncoded();
        int algorithm = 1 + lengthOctets(info, 1);
        int end = algorithm + 1 + lengthOctets(info, algorithm + 1) + length(info, algorithm + 1);
        var content = new ByteArrayOutputStream();
        content.writeBytes(new byte[]{2, 1, 0}); // version 0
        content.write(info, algorithm, end - algorithm);
        content.writeBytes(der(4, key));
        return der(0x30, content.toByteArray());
    }

    private static int lengthOctets(byte[] der, int at) {
        return der[at] >= 0 ? 1 : 1 + (der[at] & 0x7f);
    }

    private static int length(byte[] der, int at) {
        if (der[at] >= 0) {
            return der[at];
        }
        int length = 0;
        for (int i = 1; i < lengthOctets(der, at); i++) {
            length = (length << 8) | (der[at + i] & 0xff);
        }
        return length;
    }

    private static byte[] der(int tag, byte[] content) {
        var out = new ByteArrayOutputStream();
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            out.writeBytes(new byte[]{(byte) 0x82, (byte) (content.length >> 8), (byte) content.length});
        }
        out.writeBytes(content);
        return out.toByteArray();
    }
}
