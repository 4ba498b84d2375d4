package dev.kindling.engine.secret;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Finds the key that a store asks for: a store knows of which kind its key is. */
public interface Keys {
    /** For a store that is made now. */
    KeySource fresh() throws IOException;

    /** For a store that has a key of this kind. */
    KeySource of(KeySource.Kind kind) throws IOException;

    /** Always the same one. */
    static Keys only(KeySource source) {
        return new Keys() {
            @Override
            public KeySource fresh() {
                return source;
            }

            @Override
            public KeySource of(KeySource.Kind kind) {
                return source;
            }
        };
    }

    /**
     * What the user has set up.
     *
     * @param environment {@code KINDLING_KEY} is the kind for new stores (file, passphrase or keyring; file where it is
     *            not given); {@code KINDLING_KEY_FILE} is the key file; {@code KINDLING_PASSPHRASE_FILE} holds the
     *            passphrase in its first line
     * @param prompt asks a person for a passphrase, where there is one: from the question to the answer
     */
    static Keys ofUser(Map<String, String> environment, Path home, Function<String, Optional<Secret>> prompt) {
        return ofUser(environment, home, prompt, prompt);
    }

    /**
     * The same.
     *
     * @param newPrompt asks for a passphrase that nobody has typed before: a slip of the finger would lock the secrets
     */
    static Keys ofUser(Map<String, String> environment, Path home, Function<String, Optional<Secret>> prompt,
            Function<String, Optional<Secret>> newPrompt) {
        return new Keys() {
            @Override
            public KeySource fresh() throws IOException {
                return of(kind(environment.getOrDefault("KINDLING_KEY", "file")), newPrompt);
            }

            @Override
            public KeySource of(KeySource.Kind kind) throws IOException {
                return of(kind, prompt);
            }

            private KeySource of(KeySource.Kind kind, Function<String, Optional<Secret>> ask) throws IOException {
                return switch (kind) {
                    case FILE -> Optional.ofNullable(environment.get("KINDLING_KEY_FILE"))
                            .map(file -> new KeySource.KeyFile(Path.of(file)))
                            .orElseGet(() -> KeySource.userKeyFile(environment, home));
                    case PASSPHRASE -> new KeySource.Passphrase(passphrase(environment, ask));
                    case KEYRING -> new KeySource.Keyring(OsKeyring.ofThisSystem());
                };
            }
        };
    }

    /** Reads what users write. */
    static KeySource.Kind kind(String name) throws IOException {
        return switch (name) {
            case "file" -> KeySource.Kind.FILE;
            case "passphrase" -> KeySource.Kind.PASSPHRASE;
            case "keyring" -> KeySource.Kind.KEYRING;
            default ->
                throw new SecretsLocked("secrets-key-kind", name, "there is no kind of key called '" + name + "'",
                        "file, passphrase or keyring", "set KINDLING_KEY to one of them");
        };
    }

    private static Secret passphrase(Map<String, String> environment, Function<String, Optional<Secret>> prompt)
            throws IOException {
        String file = environment.getOrDefault("KINDLING_PASSPHRASE_FILE", "");
        if (file.isEmpty()) {
            return prompt.apply("Passphrase of the secrets: ").orElseThrow(() -> new SecretsLocked(
                    "secrets-passphrase-needed", "passphrase", "the secrets are protected by a passphrase, and there is"
                            + " nobody to ask",
                    "the passphrase in a file", "set KINDLING_PASSPHRASE_FILE to a file of mode 0600 that holds it"));
        }
        return passphraseFile(Path.of(file));
    }

    private static Secret passphraseFile(Path file) throws IOException {
        try {
            if (AtomicFile.openToOthers(file)) {
                throw new SecretsLocked("secrets-key-exposed", file.toString(),
                        "the passphrase file " + file + " can be read or written by others", "mode 0600",
                        "chmod 600 " + file);
            }
            byte[] content = Files.readAllBytes(file);
            int end = 0;
            while (end < content.length && content[end] != '\n' && content[end] != '\r') {
                end++;
            }
            Secret passphrase = Secret.of(java.util.Arrays.copyOf(content, end));
            java.util.Arrays.fill(content, (byte) 0);
            if (end == 0) {
                throw new SecretsLocked("secrets-passphrase-needed", file.toString(),
                        "the first line of " + file + " is empty", "the passphrase", "write it there");
            }
            return passphrase;
        } catch (NoSuchFileException e) {
            throw new SecretsLocked("secrets-key-missing", file.toString(), "there is no passphrase file " + file,
                    "the file that KINDLING_PASSPHRASE_FILE names", "make it, with mode 0600");
        }
    }
}
