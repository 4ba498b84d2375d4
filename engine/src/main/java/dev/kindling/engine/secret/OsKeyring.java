package dev.kindling.engine.secret;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The keyring of the operating system, through the command that comes with it: the Secret Service of a Linux desktop
 * ({@code secret-tool} of libsecret), the keychain of macOS ({@code security}).
 *
 * <p>
 * A key goes through the commands' standard input and output, never over a command line, which others can see.
 */
public interface OsKeyring {
    /** Keeps a text under an account's name. */
    void store(String account, Secret text) throws IOException;

    /** What is kept; empty: nothing. */
    Optional<Secret> lookup(String account) throws IOException;

    void forget(String account) throws IOException;

    /** The one of this computer. */
    static OsKeyring ofThisSystem() {
        return System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("mac")
                ? new Keychain()
                : new SecretService();
    }

    /** Freedesktop's Secret Service: GNOME Keyring, KWallet, KeePassXC. */
    final class SecretService implements OsKeyring {
        private static final String INSTALL = "install libsecret-tools and log in to a desktop whose keyring is open,"
                + " or choose another key: KINDLING_KEY=passphrase";

        @Override
        public void store(String account, Secret text) throws IOException {
            Answer answer = run(text, INSTALL, "secret-tool", "store", "--label=Kindling: key of secrets", "service",
                    "kindling", "account", account);
            if (answer.code() != 0) {
                throw refused(answer, INSTALL);
            }
        }

        @Override
        public Optional<Secret> lookup(String account) throws IOException {
            Answer answer = run(Secret.of(""), INSTALL, "secret-tool", "lookup", "service", "kindling", "account",
                    account);
            // nothing found and no keyring have the same exit code; only the latter is told about
            if (answer.code() != 0 && !answer.error().isBlank()) {
                throw refused(answer, INSTALL);
            }
            return answer.code() == 0 ? Optional.of(answer.output()) : Optional.empty();
        }

        @Override
        public void forget(String account) throws IOException {
            Answer answer = run(Secret.of(""), INSTALL, "secret-tool", "clear", "service", "kindling", "account",
                    account);
            if (answer.code() != 0 && !answer.error().isBlank()) {
                throw refused(answer, INSTALL);
            }
        }
    }

    /** The keychain of macOS. Commands that hold a secret are read from its standard input. */
    final class Keychain implements OsKeyring {
        private static final String REMEDY = "unlock the login keychain, or choose another key: KINDLING_KEY=passphrase";
        private static final int NOT_FOUND = 44;

        @Override
        public void store(String account, Secret text) throws IOException {
            Answer answer = run(
                    Secret.of("add-generic-password -U -s kindling -a " + account + " -w " + text.reveal() + "\n"),
                    REMEDY, "security", "-i");
            if (answer.code() != 0 || lookup(account).isEmpty()) {
                throw refused(answer, REMEDY);
            }
        }

        @Override
        public Optional<Secret> lookup(String account) throws IOException {
            Answer answer = run(Secret.of(""), REMEDY, "security", "find-generic-password", "-s", "kindling", "-a",
                    account, "-w");
            if (answer.code() == NOT_FOUND) {
                return Optional.empty();
            }
            if (answer.code() != 0) {
                throw refused(answer, REMEDY);
            }
            return Optional.of(answer.output());
        }

        @Override
        public void forget(String account) throws IOException {
            Answer answer = run(Secret.of(""), REMEDY, "security", "delete-generic-password", "-s", "kindling", "-a",
                    account);
            if (answer.code() != 0 && answer.code() != NOT_FOUND) {
                throw refused(answer, REMEDY);
            }
        }
    }

    /** What a command said. */
    record Answer(int code, Secret output, String error) {}

    private static SecretsLocked refused(Answer answer, String remedy) {
        return new SecretsLocked("secrets-keyring", "keyring",
                "the keyring of this computer cannot be used: " + answer.error().strip(),
                "an open keyring", remedy);
    }

    private static Answer run(Secret input, String remedy, String... command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command).start();
        } catch (IOException e) {
            throw new SecretsLocked("secrets-keyring", "keyring", "the program " + command[0] + " is not there",
                    "the keyring's command", remedy);
        }
        try (OutputStream out = process.getOutputStream()) {
            byte[] bytes = input.bytes();
            out.write(bytes);
            java.util.Arrays.fill(bytes, (byte) 0);
        } catch (IOException e) {
            // it ended without reading: its exit code tells more
        }
        try {
            byte[] output = process.getInputStream().readAllBytes();
            String error = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException(command[0] + " does not answer");
            }
            int end = output.length;
            while (end > 0 && (output[end - 1] == '\n' || output[end - 1] == '\r')) {
                end--;
            }
            Secret text = Secret.of(java.util.Arrays.copyOf(output, end));
            java.util.Arrays.fill(output, (byte) 0);
            return new Answer(process.exitValue(), text, error);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            throw new IOException("interrupted while " + command[0] + " worked", e);
        }
    }
}
