package dev.kindling.engine.secret;

import java.nio.file.Path;
import java.util.Map;

/** Where the key of a {@link SecretStore} comes from. */
public sealed interface KeySource {
    /** How a store names it. */
    Kind kind();

    /**
     * 32 random bytes in a file of mode 0600, made when the store is. Kept apart from the workspace, so that a copy of
     * that is of no use alone. A file may hold several keys, one a line: the first is for what is new.
     */
    record KeyFile(Path file) implements KeySource {
        @Override
        public Kind kind() {
            return Kind.FILE;
        }
    }

    /** What a person types; made into a key by Argon2id (RFC 9106). */
    record Passphrase(Secret passphrase) implements KeySource {
        @Override
        public Kind kind() {
            return Kind.PASSPHRASE;
        }
    }

    /** 32 random bytes in the keyring of the operating system, which the user's login opens. */
    record Keyring(OsKeyring keyring) implements KeySource {
        @Override
        public Kind kind() {
            return Kind.KEYRING;
        }
    }

    /** The kinds, and how the file of a store writes them. */
    enum Kind {
        FILE("file"),
        PASSPHRASE("argon2id"),
        KEYRING("keyring");

        private final String written;

        Kind(String written) {
            this.written = written;
        }

        String written() {
            return written;
        }
    }

    /**
     * The user's own key file: {@code $XDG_CONFIG_HOME/kindling/key}, else {@code ~/.config/kindling/key} (XDG Base
     * Directory Specification).
     *
     * @param environment of this process
     * @param home the user's home directory
     */
    static KeyFile userKeyFile(Map<String, String> environment, Path home) {
        String configured = environment.getOrDefault("XDG_CONFIG_HOME", "");
        Path config = configured.startsWith("/") ? Path.of(configured) : home.resolve(".config");
        return new KeyFile(config.resolve("kindling").resolve("key"));
    }
}
