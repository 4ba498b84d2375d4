package dev.kindling.engine.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretStoreTest {
    private static final String CANARY = "canary-5f2e9a71";
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private Path file;
    private Path keyFile;

    @BeforeEach
    void paths() {
        file = directory.resolve("workspace/secrets.json");
        keyFile = directory.resolve("config/kindling/key");
    }

    @Test
    void givesBackWhatWasStored() throws IOException {
        try (SecretStore store = openWithKeyFile()) {
            store.put("demo/kubeconfig", Secret.of("first"));
            store.put("demo/kubeconfig", Secret.of(CANARY));
            store.put("demo/token", Secret.of(new byte[]{0, -1, 7}));
            store.put("empty", Secret.of(""));
        }
        try (SecretStore store = openWithKeyFile()) {
            assertThat(store.list()).containsExactly("demo/kubeconfig", "demo/token", "empty");
            assertThat(store.get("demo/kubeconfig").orElseThrow().reveal()).isEqualTo(CANARY);
            assertThat(store.get("demo/token").orElseThrow().bytes()).containsExactly(0, -1, 7);
            assertThat(store.get("empty").orElseThrow().reveal()).isEmpty();
            assertThat(store.get("nothing")).isEmpty();
            assertThat(store.delete("demo/token")).isTrue();
            assertThat(store.delete("demo/token")).isFalse();
            assertThat(store.list()).containsExactly("demo/kubeconfig", "empty");
        }
    }

    @Test
    void neverShowsAValueOutsideItself() throws IOException {
        List<Throwable> thrown = new ArrayList<>();
        try (SecretStore store = openWithKeyFile()) {
            Secret value = Secret.of(CANARY);
            store.put("a", value);
            try {
                store.put("not a name!", value);
            } catch (IllegalArgumentException e) {
                thrown.add(e);
            }
        }
        edit(root -> ((ObjectNode) root.at("/entries/a")).put("data", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        try (SecretStore store = openWithKeyFile()) {
            store.get("a");
        } catch (IOException e) {
            thrown.add(e);
        }
        assertThat(thrown).hasSize(2);
        StringWriter text = new StringWriter();
        thrown.forEach(e -> e.printStackTrace(new PrintWriter(text, true)));
        String base64 = java.util.Base64.getEncoder().encodeToString(CANARY.getBytes(StandardCharsets.UTF_8));
        try (var files = Files.walk(directory)) {
            for (Path each : files.filter(Files::isRegularFile).toList()) {
                text.append(Files.readString(each, StandardCharsets.ISO_8859_1));
            }
        }
        assertThat(text.toString()).doesNotContain(CANARY).doesNotContain(base64.substring(0, 12));
    }

    @Test
    void keepsOthersFromReadingItsFiles() throws IOException {
        openWithKeyFile().close();
        for (Path each : List.of(file, keyFile)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each))).isEqualTo("rw-------");
            Path parent = AtomicFile.parent(each);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(parent))).isEqualTo("rwx------");
        }
        try (var left = Files.list(AtomicFile.parent(keyFile))) {
            assertThat(left).as("nothing is left aside").containsExactly(keyFile);
        }
    }

    @Test
    void opensWithThePassphraseOnly() throws IOException {
        try (SecretStore store = open("correct horse")) {
            store.put("a", Secret.of(CANARY));
        }
        try (SecretStore store = open("correct horse")) {
            assertThat(store.get("a").orElseThrow().reveal()).isEqualTo(CANARY);
        }
        SecretsLocked locked = locked(() -> open("wrong horse"));
        assertThat(locked.problem().code()).isEqualTo("secrets-wrong-passphrase");
        assertThat(locked).hasMessageContaining(file.toString()).hasMessageNotContaining("horse");
        assertThat(locked(this::openWithKeyFile).problem().code()).isEqualTo("secrets-passphrase-needed");
        JsonNode key = JSON.readTree(file.toFile()).at("/key");
        assertThat(key.at("/kind").asText()).isEqualTo("argon2id");
        assertThat(key.at("/memoryKib").asInt()).isEqualTo(65536);
    }

    @Test
    void refusesAWrongMissingExposedOrForeignKeyFile() throws IOException {
        openWithKeyFile().close();
        String right = Files.readString(keyFile);
        assertThat(locked(() -> open("a passphrase")).problem().code()).isEqualTo("secrets-key-file-needed");

        Files.writeString(keyFile, "kindling-key-1 " + "A".repeat(43) + "=\n");
        assertThat(locked(this::openWithKeyFile).problem().code()).isEqualTo("secrets-wrong-key");

        Files.writeString(keyFile, "something else");
        assertThat(locked(this::openWithKeyFile).problem().code()).isEqualTo("secrets-key-invalid");

        Files.writeString(keyFile, right);
        Files.setPosixFilePermissions(keyFile, PosixFilePermissions.fromString("rw-r-----"));
        SecretsLocked exposed = locked(this::openWithKeyFile);
        assertThat(exposed.problem().code()).isEqualTo("secrets-key-exposed");
        assertThat(exposed.problem().remedy()).isEqualTo("chmod 600 " + keyFile);

        Files.delete(keyFile);
        assertThat(locked(this::openWithKeyFile).problem().code()).isEqualTo("secrets-key-missing");
        assertThat(keyFile).as("no new key is made for an existing store").doesNotExist();
    }

    @Test
    void noticesWhenTwoValuesAreSwapped() throws IOException {
        try (SecretStore store = openWithKeyFile()) {
            store.put("a", Secret.of("of a"));
            store.put("b", Secret.of("of b"));
        }
        edit(root -> {
            ObjectNode entries = (ObjectNode) root.at("/entries");
            JsonNode a = entries.get("a");
            entries.set("a", entries.get("b"));
            entries.set("b", a);
        });
        try (SecretStore store = openWithKeyFile()) {
            assertThatThrownBy(() -> store.get("a")).isInstanceOf(IOException.class)
                    .hasMessageContaining("'a' is damaged");
        }
    }

    @Test
    void refusesAFileThatAsksForImpossibleKeyParameters() throws IOException {
        open("pass").close();
        edit(root -> ((ObjectNode) root.at("/key")).put("memoryKib", Integer.MAX_VALUE));
        assertThatThrownBy(() -> open("pass")).isInstanceOf(IOException.class).hasMessageContaining("impossible");
    }

    @Test
    void saysThatADamagedFileIsDamaged() throws IOException {
        openWithKeyFile().close();
        Files.writeString(file, "{\"format\": \"kindling-se");
        assertThatThrownBy(this::openWithKeyFile).isInstanceOf(IOException.class).hasMessageContaining("is damaged");
    }

    @Test
    void sealsTheSameValueDifferentlyEachTime() throws IOException {
        try (SecretStore store = openWithKeyFile()) {
            store.put("a", Secret.of(CANARY));
            String first = Files.readString(file);
            store.put("a", Secret.of(CANARY));
            assertThat(Files.readString(file)).isNotEqualTo(first);
        }
    }

    @Test
    void losesNothingWhenSeveralStoresWriteAtOnce() throws Exception {
        openWithKeyFile().close();
        try (ExecutorService threads = Executors.newFixedThreadPool(6)) {
            List<Future<?>> running = new ArrayList<>();
            for (int thread = 0; thread < 6; thread++) {
                int number = thread;
                running.add(threads.submit(() -> {
                    try (SecretStore store = openWithKeyFile()) {
                        for (int i = 0; i < 5; i++) {
                            store.put("t" + number + "/" + i, Secret.of("v" + i));
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> future : running) {
                future.get();
            }
        }
        try (SecretStore store = openWithKeyFile()) {
            assertThat(store.list()).hasSize(30);
            assertThat(store.get("t5/4").orElseThrow().reveal()).isEqualTo("v4");
        }
    }

    @Test
    void findsTheUsersKeyFileWhereTheXdgSpecificationSays() {
        Path home = Path.of("/home/anna");
        assertThat(KeySource.userKeyFile(Map.of(), home).file()).isEqualTo(Path.of("/home/anna/.config/kindling/key"));
        assertThat(KeySource.userKeyFile(Map.of("XDG_CONFIG_HOME", "/cfg"), home).file())
                .isEqualTo(Path.of("/cfg/kindling/key"));
        assertThat(KeySource.userKeyFile(Map.of("XDG_CONFIG_HOME", "relative"), home).file())
                .isEqualTo(Path.of("/home/anna/.config/kindling/key"));
    }

    /** RFC 9106, section 5.3: the library that we rely on computes what the RFC says. */
    @Test
    void argon2idComputesTheTestVectorOfTheRfc() {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id).withVersion(0x13).withIterations(3)
                .withMemoryAsKB(32).withParallelism(4).withSalt(repeat(2, 16)).withSecret(repeat(3, 8))
                .withAdditional(repeat(4, 12)).build());
        byte[] tag = new byte[32];
        generator.generateBytes(repeat(1, 32), tag);
        assertThat(tag).asHexString()
                .isEqualToIgnoringCase("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
    }

    private static byte[] repeat(int value, int times) {
        byte[] bytes = new byte[times];
        java.util.Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private interface Opening {
        SecretStore open() throws IOException;
    }

    private static SecretsLocked locked(Opening opening) {
        return catchThrowableOfType(SecretsLocked.class, () -> opening.open().close());
    }

    private void edit(java.util.function.Consumer<JsonNode> change) throws IOException {
        JsonNode root = JSON.readTree(file.toFile());
        change.accept(root);
        JSON.writeValue(file.toFile(), root);
    }

    private SecretStore openWithKeyFile() throws IOException {
        return SecretStore.open(file, new KeySource.KeyFile(keyFile), new SecureRandom());
    }

    private SecretStore open(String passphrase) throws IOException {
        return SecretStore.open(file, new KeySource.Passphrase(Secret.of(passphrase)), new SecureRandom());
    }

    @Test
    void aRotatedKeyOpensEverythingAndTheOldOneNothingNew() throws IOException {
        try (SecretStore before = openWithKeyFile(); SecretStore beside = openWithKeyFile()) {
            before.put("a", Secret.of(CANARY));
            String sealed = Files.readString(file);
            String oldKey = Files.readString(keyFile);
            before.rotate(new KeySource.KeyFile(keyFile));
            assertThat(Files.readString(keyFile).lines()).hasSize(2).last().isEqualTo(oldKey.strip());
            assertThat(before.get("a").orElseThrow().reveal()).isEqualTo(CANARY);
            beside.put("b", Secret.of("by a store that was open before"));
            assertThat(beside.get("a").orElseThrow().reveal()).isEqualTo(CANARY);
            String resealed = Files.readString(file);

            Files.writeString(file, sealed);
            try (SecretStore backup = openWithKeyFile()) {
                assertThat(backup.get("a").orElseThrow().reveal()).as("an old backup").isEqualTo(CANARY);
            }
            Files.writeString(file, resealed);
            Files.writeString(keyFile, oldKey);
            assertThat(locked(this::openWithKeyFile).problem().code()).isEqualTo("secrets-wrong-key");
        }
    }

    @Test
    void rotatesToAnotherKindOfKeyAndToANewPassphrase() throws IOException {
        try (SecretStore store = openWithKeyFile()) {
            store.put("a", Secret.of(CANARY));
            store.rotate(new KeySource.Passphrase(Secret.of("first horse")));
        }
        assertThat(locked(this::openWithKeyFile).problem().code()).isEqualTo("secrets-passphrase-needed");
        try (SecretStore store = open("first horse")) {
            store.rotate(new KeySource.Passphrase(Secret.of("second horse")));
        }
        assertThat(locked(() -> open("first horse")).problem().code()).isEqualTo("secrets-wrong-passphrase");
        try (SecretStore store = open("second horse")) {
            assertThat(store.get("a").orElseThrow().reveal()).isEqualTo(CANARY);
            store.rotate(new KeySource.KeyFile(keyFile));
        }
        try (SecretStore store = openWithKeyFile()) {
            assertThat(store.get("a").orElseThrow().reveal()).isEqualTo(CANARY);
        }
    }

    @Test
    void rotatesNothingWhereOneValueIsDamaged() throws IOException {
        try (SecretStore store = openWithKeyFile()) {
            store.put("a", Secret.of(CANARY));
            store.put("b", Secret.of(CANARY));
        }
        edit(root -> ((ObjectNode) root.at("/entries/b")).put("data", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        String before = Files.readString(file);
        try (SecretStore store = openWithKeyFile()) {
            assertThatThrownBy(() -> store.rotate(new KeySource.KeyFile(keyFile)))
                    .hasMessageContaining("'b' is damaged; nothing was changed");
            assertThat(store.get("a").orElseThrow().reveal()).isEqualTo(CANARY);
        }
        assertThat(Files.readString(file)).isEqualTo(before);
    }

    @Test
    void tellsNamesAndWhenTheyWereStoredWithoutAKey() throws IOException {
        try (SecretStore store = openWithKeyFile()) {
            store.put("a", Secret.of(CANARY));
            store.put("b/x", Secret.of(CANARY));
            store.put("b/y", Secret.of(CANARY));
        }
        Files.delete(keyFile);
        Place place = Place.file(file);
        assertThat(SecretStore.entries(place)).extracting(SecretStore.Entry::name).containsExactly("a", "b/x", "b/y");
        assertThat(SecretStore.entries(place)).allSatisfy(
                entry -> assertThat(entry.created()).isBeforeOrEqualTo(java.time.Instant.now()));
        assertThat(SecretStore.kind(place)).contains(KeySource.Kind.FILE);
        SecretStore.forget(place, "b/");
        assertThat(SecretStore.entries(place)).extracting(SecretStore.Entry::name).containsExactly("a");
    }

    /** As the first version wrote it: no time, another format. */
    @Test
    void opensTheFormatOfTheFirstVersion() throws IOException {
        try (SecretStore store = openWithKeyFile()) {
            store.put("a", Secret.of(CANARY));
        }
        edit(root -> {
            ((ObjectNode) root).put("format", "kindling-secrets/1");
            ((ObjectNode) root.at("/entries/a")).remove("created");
        });
        try (SecretStore store = openWithKeyFile()) {
            assertThat(store.get("a").orElseThrow().reveal()).isEqualTo(CANARY);
            assertThat(store.entries()).containsExactly(new SecretStore.Entry("a", null));
            store.put("b", Secret.of("x"));
        }
        assertThat(JSON.readTree(file.toFile()).at("/format").asText()).isEqualTo("kindling-secrets/2");
        edit(root -> ((ObjectNode) root).put("format", "kindling-secrets/9"));
        assertThatThrownBy(this::openWithKeyFile).hasMessageContaining("kindling-secrets/9");
    }
}
