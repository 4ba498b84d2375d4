package dev.kindling.engine.http;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.Set;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;

/** A certificate (RFC 5280) that nobody has signed but its own key: clients know it by its fingerprint. */
final class SelfSigned {
    private static final Duration LIFE = Duration.ofDays(5 * 365);

    private SelfSigned() {}

    /** Two PEM files. */
    record Identity(Path certificate, Path key) {}

    /** The files of a directory; made where there are none, or where they have expired. */
    static Identity in(Path directory, Set<String> names, Clock clock) throws IOException {
        var files = new Identity(directory.resolve("api-cert.pem"), directory.resolve("api-key.pem"));
        if (Files.exists(files.certificate) && Files.exists(files.key)) {
            try (var in = Files.newInputStream(files.certificate)) {
                X509Certificate known = (X509Certificate) CertificateFactory.getInstance("X.509")
                        .generateCertificate(in);
                if (known.getNotAfter().toInstant().isAfter(clock.instant())) {
                    return files;
                }
            } catch (GeneralSecurityException e) {
                throw new IOException(files.certificate + " is no certificate: " + e.getMessage(), e);
            }
        }
        try {
            make(files, names, clock.instant());
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot make a certificate", e);
        }
        return files;
    }

    private static void make(Identity files, Set<String> names, Instant now)
            throws IOException, GeneralSecurityException {
        KeyPairGenerator keys = KeyPairGenerator.getInstance("EC");
        keys.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = keys.generateKeyPair();
        var signing = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
        var generator = new V3TBSCertificateGenerator();
        generator.setSerialNumber(new ASN1Integer(new BigInteger(127, new SecureRandom()).add(BigInteger.ONE)));
        generator.setSignature(signing);
        generator.setIssuer(new X500Name("CN=kindling"));
        generator.setSubject(new X500Name("CN=kindling"));
        // clocks differ
        generator.setStartDate(new Time(Date.from(now.minus(Duration.ofHours(1)))));
        generator.setEndDate(new Time(Date.from(now.plus(LIFE))));
        generator.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
        var extensions = new ExtensionsGenerator();
        extensions.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        extensions.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        extensions.addExtension(Extension.extendedKeyUsage, false,
                new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        extensions.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives(names)));
        generator.setExtensions(extensions.generate());
        var body = generator.generateTBSCertificate();
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(pair.getPrivate());
        signature.update(body.getEncoded("DER"));
        var whole = new ASN1EncodableVector();
        whole.add(body);
        whole.add(signing);
        whole.add(new DERBitString(signature.sign()));
        write(files.key, "PRIVATE KEY", pair.getPrivate().getEncoded());
        write(files.certificate, "CERTIFICATE", new DERSequence(whole).getEncoded("DER"));
    }

    private static GeneralName[] alternatives(Set<String> names) throws IOException {
        var all = new LinkedHashSet<GeneralName>();
        all.add(new GeneralName(GeneralName.dNSName, "localhost"));
        all.add(new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
        for (String name : names) {
            boolean address = name.contains(":") || name.matches("[0-9.]+");
            all.add(address
                    ? new GeneralName(GeneralName.iPAddress, InetAddress.getByName(name).getHostAddress())
                    : new GeneralName(GeneralName.dNSName, name));
        }
        return all.toArray(GeneralName[]::new);
    }

    private static void write(Path file, String what, byte[] bytes) throws IOException {
        String pem = "-----BEGIN " + what + "-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(bytes)
                + "\n-----END " + what + "-----\n";
        Path aside = Files.createTempFile(file.toAbsolutePath().getParent(), ".api", ".pem",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(aside, pem);
        Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
