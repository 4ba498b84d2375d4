package dev.kindling.engine.secret;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * Secrets by name in one encrypted file. Each value is sealed by itself with AES-256-GCM and bound to its name; names
 * are readable, values are decrypted only when they are asked for.
 *
 * <p>
 * Thread-safe, and safe beside other processes on the same file.
 */
public final class SecretStore implements AutoCloseable {
    private static final String FORMAT = "kindling-secrets/1";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}");
    private static final String KEY_FILE_PREFIX = "kindling-key-1 ";
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    /** RFC 9106, section 4: the second recommended option, for memory-constrained environments. */
    private static final Kdf PASSPHRASE_KDF = new Kdf("argon2id", null, 64 * 1024, 3, 4);

    private final Path file;
    private final byte[] key;
    private final SecureRandom random;
    private final JsonMapper json = JsonMapper.builder().build();
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * How the key is made. The salt is null where the key is a file.
     */
    private record Kdf(String kind, @Nullable String salt, int memoryKib, int iterations, int lanes) {}

    private record Sealed(String nonce, String data) {}

    /** The whole file. {@code check} seals a constant: whether it opens tells the right key from a wrong one. */
    private record Content(String format, Kdf key, Sealed check, SortedMap<String, Sealed> entries) {
        Content {
            entries = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(entries));
        }
    }

    private SecretStore(Path file, byte[] key, SecureRandom random) {
        this.file = file;
        this.key = key;
        this.random = random;
    }

    /**
     * Opens the store, or makes it (and the key file) where there is none.
     *
     * @throws SecretsLocked where the key is wrong, missing, or readable by others
     * @throws IOException where the file cannot be read or is damaged
     */
    public static SecretStore open(Path file, KeySource source, SecureRandom random) throws IOException {
        AtomicFile.directory(AtomicFile.parent(file));
        try (FileChannel channel = AtomicFile.lockFile(lockPath(file)); FileLock held = lock(channel)) {
            if (!held.isValid()) {
                throw new IOException("no lock on " + file);
            }
            if (!Files.exists(file)) {
                return create(file, source, random);
            }
            Content content = parse(file, JsonMapper.builder().build());
            byte[] key = existingKey(file, source, content.key());
            SecretStore store = new SecretStore(file, key, random);
            try (Secret check = store.unseal("", content.check())) {
                if (!check.matches(FORMAT)) {
                    throw wrongKey(file, source);
                }
            } catch (AEADBadTagException e) {
                throw wrongKey(file, source);
            }
            return store;
        }
    }

    private static SecretStore create(Path file, KeySource source, SecureRandom random) throws IOException {
        Kdf kdf = switch (source) {
            case KeySource.KeyFile keyFile -> new Kdf("file", null, 0, 0, 0);
            case KeySource.Passphrase passphrase -> {
                byte[] salt = new byte[16];
                random.nextBytes(salt);
                yield new Kdf(PASSPHRASE_KDF.kind(), encode(salt), PASSPHRASE_KDF.memoryKib(),
                        PASSPHRASE_KDF.iterations(),
                        PASSPHRASE_KDF.lanes());
            }
        };
        byte[] key = switch (source) {
            case KeySource.KeyFile keyFile -> readOrMakeKeyFile(keyFile.file(), random);
            case KeySource.Passphrase passphrase -> derive(file, passphrase.passphrase(), kdf);
        };
        SecretStore store = new SecretStore(file, key, random);
        try (Secret constant = Secret.of(FORMAT)) {
            store.write(new Content(FORMAT, kdf, store.seal("", constant), new TreeMap<>()));
        }
        return store;
    }

    /**
     * Stores a value, on the disk when this returns.
     *
     * @param name letters, digits and {@code . _ / -}, such as {@code demo/kubeconfig}
     */
    public void put(String name, Secret value) throws IOException {
        checkName(name);
        change(entries -> {
            entries.put(name, seal(name, value));
            return true;
        });
    }

    /** The value of a name; empty where there is none. The caller closes it. */
    public Optional<Secret> get(String name) throws IOException {
        Sealed sealed = parse(file, json).entries().get(name);
        if (sealed == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(unseal(name, sealed));
        } catch (AEADBadTagException e) {
            throw new IOException(file + ": the secret '" + name + "' is damaged; store it again", e);
        }
    }

    /** The names, in order. */
    public List<String> list() throws IOException {
        return List.copyOf(parse(file, json).entries().keySet());
    }

    /** Removes a name; false where there was none. */
    public boolean delete(String name) throws IOException {
        return change(entries -> entries.remove(name) != null);
    }

    /** Wipes the key from memory. */
    @Override
    public void close() {
        Arrays.fill(key, (byte) 0);
    }

    private interface Change {
        boolean apply(SortedMap<String, Sealed> entries) throws IOException;
    }

    private boolean change(Change change) throws IOException {
        lock.lock();
        try (FileChannel channel = AtomicFile.lockFile(lockPath(file)); FileLock held = lock(channel)) {
            if (!held.isValid()) {
                throw new IOException("no lock on " + file);
            }
            Content before = parse(file, json);
            TreeMap<String, Sealed> entries = new TreeMap<>(before.entries());
            boolean changed = change.apply(entries);
            if (changed) {
                write(new Content(before.format(), before.key(), before.check(), entries));
            }
            return changed;
        } finally {
            lock.unlock();
        }
    }

    private void write(Content content) throws IOException {
        AtomicFile.write(file, json.writerWithDefaultPrettyPrinter().writeValueAsBytes(content));
    }

    private static Content parse(Path file, JsonMapper json) throws IOException {
        try {
            Content content = json.readValue(Files.readAllBytes(file), Content.class);
            if (!FORMAT.equals(content.format())) {
                throw new IOException(
                        file + " has the format '" + content.format() + "', this Kindling knows " + FORMAT);
            }
            return content;
        } catch (JsonProcessingException e) {
            e.clearLocation();
            throw new IOException(file + " is damaged: not the JSON that Kindling writes; put a copy back", e);
        }
    }

    private Sealed seal(String name, Secret value) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] plain = value.bytes();
        try {
            return new Sealed(encode(nonce), encode(cipher(Cipher.ENCRYPT_MODE, name, nonce).doFinal(plain)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES/GCM", e);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    private Secret unseal(String name, Sealed sealed) throws IOException, AEADBadTagException {
        try {
            return Secret
                    .owning(cipher(Cipher.DECRYPT_MODE, name, decode(sealed.nonce())).doFinal(decode(sealed.data())));
        } catch (AEADBadTagException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " is damaged; put a copy back", e);
        }
    }

    /** The name is authenticated with the value, so that two values cannot be swapped. */
    private Cipher cipher(int mode, String name, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD((FORMAT + "\n" + name).getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private static byte[] existingKey(Path file, KeySource source, Kdf kdf) throws IOException {
        return switch (source) {
            case KeySource.KeyFile keyFile -> {
                if (!kdf.kind().equals("file")) {
                    throw new SecretsLocked("secrets-passphrase-needed", file.toString(),
                            "the secrets in " + file + " are protected by a passphrase", "the passphrase",
                            "give the passphrase that they were stored with");
                }
                yield readKeyFile(keyFile.file()).orElseThrow(() -> new SecretsLocked("secrets-key-missing",
                        keyFile.file().toString(), "the key file " + keyFile.file() + " is missing",
                        "the key that " + file + " was made with",
                        "put it back from a copy, or remove " + file + " to start without secrets"));
            }
            case KeySource.Passphrase passphrase -> {
                if (!kdf.kind().equals("argon2id")) {
                    throw new SecretsLocked("secrets-key-file-needed", file.toString(),
                            "the secrets in " + file + " are protected by a key file", "the key file",
                            "open them with the key file that they were stored with");
                }
                yield derive(file, passphrase.passphrase(), kdf);
            }
        };
    }

    private static byte[] derive(Path file, Secret passphrase, Kdf kdf) throws IOException {
        // The numbers come from a file: they must not be able to make us use all memory or run for ever.
        if (kdf.salt() == null || kdf.memoryKib() < 8 || kdf.memoryKib() > 1 << 20 || kdf.iterations() < 1
                || kdf.iterations() > 64 || kdf.lanes() < 1 || kdf.lanes() > 64) {
            throw new IOException(file + " is damaged: it asks for impossible key parameters; put a copy back");
        }
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(
                new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id).withVersion(Argon2Parameters.ARGON2_VERSION_13)
                        .withSalt(decode(kdf.salt())).withMemoryAsKB(kdf.memoryKib()).withIterations(kdf.iterations())
                        .withParallelism(kdf.lanes()).build());
        byte[] typed = passphrase.bytes();
        byte[] derived = new byte[32];
        generator.generateBytes(typed, derived);
        Arrays.fill(typed, (byte) 0);
        return derived;
    }

    private static byte[] readOrMakeKeyFile(Path file, SecureRandom random) throws IOException {
        Optional<byte[]> existing = readKeyFile(file);
        if (existing.isPresent()) {
            return existing.get();
        }
        AtomicFile.directory(AtomicFile.parent(file));
        byte[] made = new byte[32];
        random.nextBytes(made);
        try {
            AtomicFile.create(file, (KEY_FILE_PREFIX + encode(made) + "\n").getBytes(StandardCharsets.US_ASCII));
            return made;
        } catch (FileAlreadyExistsException e) {
            // Another process made it at the same moment.
            return readKeyFile(file).orElseThrow(() -> e);
        }
    }

    private static Optional<byte[]> readKeyFile(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (AtomicFile.openToOthers(file)) {
            throw new SecretsLocked("secrets-key-exposed", file.toString(),
                    "the key file " + file + " can be read or written by others", "mode 0600", "chmod 600 " + file);
        }
        byte[] key = text.startsWith(KEY_FILE_PREFIX) ? decode(text.substring(KEY_FILE_PREFIX.length())) : new byte[0];
        if (key.length != 32) {
            throw new SecretsLocked("secrets-key-invalid", file.toString(), file + " is no key file of Kindling",
                    "a line that begins with '" + KEY_FILE_PREFIX.strip() + "'", "put the key file back from a copy");
        }
        return Optional.of(key);
    }

    private static SecretsLocked wrongKey(Path file, KeySource source) {
        return switch (source) {
            case KeySource.KeyFile keyFile -> new SecretsLocked("secrets-wrong-key", file.toString(),
                    "the key in " + keyFile.file() + " does not open " + file, "the key that it was made with",
                    "put the right key file back, or remove " + file + " to start without secrets");
            case KeySource.Passphrase passphrase -> new SecretsLocked("secrets-wrong-passphrase", file.toString(),
                    "the passphrase does not open " + file, "the passphrase that it was made with", "try again");
        };
    }

    private static Path lockPath(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".lock");
    }

    /** Waits for other processes, and for other stores of this one, which the JDK refuses instead of letting wait. */
    private static FileLock lock(FileChannel channel) throws IOException {
        for (;;) {
            try {
                return channel.lock();
            } catch (OverlappingFileLockException e) {
                LockSupport.parkNanos(2_000_000);
            }
        }
    }

    private static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no name for a secret");
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] decode(String text) throws IOException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException("not base64", e);
        }
    }
}
