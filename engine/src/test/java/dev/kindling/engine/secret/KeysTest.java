package dev.kindling.engine.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeysTest {
    @TempDir
    Path directory;

    @Test
    void takesWhatTheEnvironmentNames() throws IOException {
        Path home = Path.of("/home/anna");
        assertThat(Keys.ofUser(Map.of(), home, _ -> Optional.empty()).fresh())
                .isEqualTo(new KeySource.KeyFile(home.resolve(".config/kindling/key")));
        assertThat(Keys.ofUser(Map.of("KINDLING_KEY_FILE", "/k"), home, _ -> Optional.empty()).fresh())
                .isEqualTo(new KeySource.KeyFile(Path.of("/k")));
        assertThat(Keys.ofUser(Map.of("KINDLING_KEY", "keyring"), home, _ -> Optional.empty()).fresh().kind())
                .isEqualTo(KeySource.Kind.KEYRING);
        assertThat(catchThrowableOfType(SecretsLocked.class,
                () -> Keys.ofUser(Map.of("KINDLING_KEY", "tpm"), home, _ -> Optional.empty()).fresh()).problem()
                .expected()).isEqualTo("file, passphrase or keyring");
    }

    @Test
    void readsThePassphraseFromAFileThatOnlyItsOwnerCanRead() throws IOException {
        Path file = directory.resolve("passphrase");
        Files.writeString(file, "correct horse\nnot this\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Map<String, String> environment = Map.of("KINDLING_PASSPHRASE_FILE", file.toString());
        assertThat(locked(environment).problem().remedy()).isEqualTo("chmod 600 " + file);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        KeySource source = Keys.ofUser(environment, directory, _ -> Optional.empty()).of(KeySource.Kind.PASSPHRASE);
        assertThat(((KeySource.Passphrase) source).passphrase().reveal()).isEqualTo("correct horse");
        Files.writeString(file, "\nnot this\n");
        assertThat(locked(environment).problem().code()).isEqualTo("secrets-passphrase-needed");
        Files.delete(file);
        assertThat(locked(environment).problem().code()).isEqualTo("secrets-key-missing");
    }

    @Test
    void asksAPersonWhereThereIsOne() throws IOException {
        List<String> asked = new ArrayList<>();
        KeySource source = Keys.ofUser(Map.of(), directory, question -> {
            asked.add(question);
            return Optional.of(Secret.of("typed"));
        }).of(KeySource.Kind.PASSPHRASE);
        assertThat(((KeySource.Passphrase) source).passphrase().reveal()).isEqualTo("typed");
        assertThat(asked).containsExactly("Passphrase of the secrets: ");
        assertThat(locked(Map.of()).problem().remedy()).contains("KINDLING_PASSPHRASE_FILE");
    }

    private SecretsLocked locked(Map<String, String> environment) {
        return catchThrowableOfType(SecretsLocked.class,
                () -> Keys.ofUser(environment, directory, _ -> Optional.empty()).of(KeySource.Kind.PASSPHRASE));
    }
}
