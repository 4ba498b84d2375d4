package dev.kindling.pxe.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.Served;
import dev.kindling.pxe.Tls;
import dev.kindling.pxe.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.jspecify.annotations.Nullable;

/** HTTPS, asked by curl and openssl, with certificates that openssl made. */
class TlsTest {
    private static final String CURL = "curl -sS --cacert cert.pem ";

    @TempDir
    private Path away;
    @TempDir
    private Path root;

    @ParameterizedTest
    @ValueSource(strings = {"--tlsv1.3", "--tls-max 1.2"})
    void servesFilesByTls13And12(String version) throws Exception {
        certificate("cert", "key");
        byte[] content = new byte[5_000_001];
        new Random(1).nextBytes(content);
        Files.write(root.resolve("f"), content);
        try (var lab = lab(null)) {
            lab.shell("curl", CURL + version + " -o got URL/f");
            assertThat(away.resolve("got")).hasBinaryContent(content);
            assertThat(lab.shell("curl", CURL + version + " -r 5-9,4000000-4000002 URL/f | wc -c").strip())
                    .isNotEqualTo("0");
            lab.shell("curl", CURL + version + " -r 1000000-4999999 -o part URL/f");
            assertThat(away.resolve("part")).hasBinaryContent(java.util.Arrays.copyOfRange(content, 1_000_000,
                    5_000_000));
            assertThat(lab.shell("curl", CURL + version + " -I URL/f")).contains("HTTP/1.1 200 OK",
                    "Content-Length: 5000001");
        }
    }

    @Test
    void speaksHttp11EvenToThoseWhoWouldLikeHttp2AndNoOldTls() throws Exception {
        certificate("cert", "key");
        try (var lab = lab(null)) {
            String openssl = "openssl s_client -connect " + lab.url.substring(8) + " -CAfile cert.pem </dev/null 2>&1 ";
            assertThat(lab.shell("openssl", openssl + "-alpn h2,http/1.1")).contains("ALPN protocol: http/1.1",
                    "TLSv1.3", "Verify return code: 0 (ok)");
            assertThat(lab.fails("openssl", openssl + "-tls1_1 -cipher DEFAULT@SECLEVEL=0")).contains("alert");
            assertThat(lab.events.next(PxeEvent.Ignored.class).reason())
                    .isEqualTo("the TLS handshake failed: the client knows neither TLS 1.2 nor TLS 1.3");
        }
    }

    @Test
    void wantsACertificateOfTheClientWhereACaIsNamed() throws Exception {
        certificate("cert", "key");
        certificate("ca", "cakey");
        shell("openssl req -new -newkey rsa:2048 -nodes -keyout client.key -out client.csr -subj /CN=machine && "
                + "openssl x509 -req -in client.csr -CA ca.pem -CAkey cakey.pem -days 2 -out client.pem");
        certificate("stranger", "strangerkey");
        Files.writeString(root.resolve("f"), "for machines\n");
        try (var lab = lab(away.resolve("ca.pem"))) {
            assertThat(lab.shell("curl", CURL + "--cert client.pem --key client.key URL/f"))
                    .isEqualTo("for machines\n");
            lab.fails("curl", CURL + "URL/f");
            assertThat(lab.events.next(PxeEvent.Ignored.class).reason())
                    .isEqualTo("the TLS handshake failed: the client shows no certificate, and one is asked for");
            lab.fails("curl", CURL + "--cert stranger.pem --key strangerkey.pem URL/f");
            assertThat(lab.events.next(PxeEvent.Ignored.class).reason())
                    .isEqualTo("the TLS handshake failed: the client's certificate is not from one of the client CAs");
        }
    }

    @Test
    void tellsThatAClientDoesNotTrustUs() throws Exception {
        certificate("cert", "key");
        try (var lab = lab(null)) {
            lab.fails("curl", "curl -sS URL/f");
            assertThat(lab.events.next(PxeEvent.Ignored.class).reason())
                    .contains("the client does not trust our certificate");
            assertThat(lab.shell("curl", "curl -sS -o body -w '%{http_code}' http://" + lab.url.substring(8)
                    + "/f || true")).contains("Empty reply");
            assertThat(lab.events.next(PxeEvent.Ignored.class).reason())
                    .contains("plain HTTP is spoken to the port of TLS");
        }
    }

    @Test
    void takesAKeyFromMemoryAndFallsBackToTheJdkForOneThatBoringSslDoesNotKnow() throws Exception {
        shell("openssl req -x509 -newkey ed25519 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=lab "
                + "-addext subjectAltName=IP:" + Lab.ADDRESS);
        Files.writeString(root.resolve("f"), "ed25519\n");
        var material = Pem.read(new Tls.PemFiles(away.resolve("cert.pem"), away.resolve("key.pem"), null));
        assertThat(material.toString()).contains("CN=lab", "***");
        try (var lab = new Lab(away, new Served(root), Limits.DEFAULT, TlsIdentity.of(material, Clock.systemUTC()))) {
            assertThat(lab.shell("curl", CURL + "URL/f")).isEqualTo("ed25519\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"openssl rsa -in key.pem -traditional -out old.pem",
            "openssl pkey -in key.pem -out old.pem"})
    void takesBothFormsOfAnRsaKey(String convert) throws Exception {
        shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=lab");
        shell(convert);
        TlsIdentity.of(pem("cert.pem", "old.pem"), Clock.systemUTC()).close();
    }

    @Test
    void takesTheOldFormOfAnEcKey() throws Exception {
        certificate("cert", "key");
        shell("openssl ec -in key.pem -out old.pem");
        assertThat(Files.readString(away.resolve("old.pem"))).contains("BEGIN EC PRIVATE KEY");
        TlsIdentity.of(pem("cert.pem", "old.pem"), Clock.systemUTC()).close();
    }

    @Test
    void saysWhatIsWrongWithCertificateAndKey() throws Exception {
        certificate("cert", "key");
        certificate("other", "otherkey");
        shell("openssl pkey -in key.pem -aes256 -passout pass:x -out locked.pem");
        shell("openssl req -x509 -newkey rsa:2048 -nodes -keyout rsakey.pem -out rsa.pem -days 2 -subj /CN=lab");
        Files.writeString(away.resolve("empty.pem"), "nothing\n");
        fails("cert.pem", "otherkey.pem", "the private key of HTTPS does not belong to the certificate (CN=cert)");
        fails("cert.pem", "rsakey.pem", "cannot be used with the certificate, which is for EC");
        fails("cert.pem", "locked.pem", "is encrypted. Decrypt it for this service: openssl pkey -in ");
        fails("cert.pem", "empty.pem", "holds no PEM private key");
        fails("empty.pem", "key.pem", "holds no PEM certificate");
        fails("missing.pem", "key.pem", "missing.pem, is not there");
        var later = Clock.offset(Clock.systemUTC(), Duration.ofDays(30));
        assertThatThrownBy(() -> TlsIdentity.of(pem("cert.pem", "key.pem"), later)).isInstanceOf(IOException.class)
                .hasMessageContaining("(CN=cert) expired on ").hasMessageContaining("make a new one");
        var earlier = Clock.offset(Clock.systemUTC(), Duration.ofDays(-30));
        assertThatThrownBy(() -> TlsIdentity.of(pem("cert.pem", "key.pem"), earlier)).isInstanceOf(IOException.class)
                .hasMessageContaining("set the clock");
    }

    @Test
    void readsANewCertificateWithoutARestartAndKeepsTheOldOneWhileTheNewPairDoesNotFit() throws Exception {
        certificate("cert", "key");
        Files.writeString(root.resolve("f"), "f\n");
        try (var lab = lab(null)) {
            String show = "openssl s_client -connect " + lab.url.substring(8)
                    + " </dev/null 2>/dev/null | openssl x509 -noout -subject";
            assertThat(lab.shell("openssl", show)).contains("CN = cert");
            certificate("next", "nextkey");
            shell("mv next.pem cert.pem");
            awaitLook();
            assertThat(lab.shell("openssl", show)).as("only half of the new pair").contains("CN = cert");
            shell("mv nextkey.pem key.pem");
            awaitLook();
            assertThat(lab.shell("openssl", show)).contains("CN = next");
        }
    }

    /** The server looks at the files once a second. */
    private static void awaitLook() throws InterruptedException {
        Thread.sleep(1100);
    }

    private void fails(String certificate, String key, String message) {
        assertThatThrownBy(() -> TlsIdentity.of(pem(certificate, key), Clock.systemUTC()))
                .isInstanceOf(IOException.class).hasMessageContaining(message);
    }

    private Tls.PemFiles pem(String certificate, String key) {
        return new Tls.PemFiles(away.resolve(certificate), away.resolve(key), null);
    }

    private Lab lab(@Nullable Path clientCa) throws IOException {
        return new Lab(away, new Served(root), Limits.DEFAULT, TlsIdentity.of(
                new Tls.PemFiles(away.resolve("cert.pem"), away.resolve("key.pem"), clientCa), Clock.systemUTC()));
    }

    private void certificate(String name, String key) throws Exception {
        shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s.pem -out %s.pem -days 2"
                .formatted(key, name) + " -subj /CN=" + name + " -addext subjectAltName=IP:" + Lab.ADDRESS);
    }

    private void shell(String command) throws Exception {
        var result = Tool.run("openssl", away, "sh", "-c", command);
        assertThat(result.exit()).as("%s%n%s", command, result.output()).isZero();
    }
}
