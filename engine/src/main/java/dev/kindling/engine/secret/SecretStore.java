package dev.kindling.engine.secret;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
 * Secrets by name in one encrypted document. Each value is sealed by itself with AES-256-GCM and bound to its name;
 * names are readable, values are decrypted only when they are asked for.
 *
 * <p>
 * Thread-safe, and safe beside other processes on the same document, also when one of them rotates the key.
 */
public final class SecretStore implements AutoCloseable {
    private static final String FORMAT = "kindling-secrets/2";
    private static final Set<String> FORMATS = Set.of("kindling-secrets/1", FORMAT);

    /** What the check seals and every value is bound to; the same in both formats. */
    private static final String CONTEXT = "kindling-secrets/1";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}");
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    /** RFC 9106, section 4: the second recommended option, for memory-constrained environments. */
    private static final int MEMORY_KIB = 64 * 1024;
    private static final int ITERATIONS = 3;
    private static final int LANES = 4;

    private final Place place;
    private final Keys keys;
    private final SecureRandom random;
    private final Clock clock;
    private final JsonMapper json = JsonMapper.builder().build();
    private final ReentrantLock lock = new ReentrantLock();
    private Opened opened;

    /**
     * How the key is made.
     *
     * @param salt of a passphrase
     * @param account in the keyring
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Kdf(String kind, @Nullable String salt, int memoryKib, int iterations, int lanes,
            @Nullable String account) {
        private boolean isOf(KeySource.Kind wanted) {
            return kind.equals(wanted.written());
        }
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Sealed(String nonce, String data, @Nullable String created) {}

    /** All of it. {@code check} seals a constant: whether it opens tells the right key from a wrong one. */
    private record Content(String format, Kdf key, Sealed check, SortedMap<String, Sealed> entries) {
        Content {
            entries = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(entries));
        }
    }

    /** A key, and the check that it opens: another check means another key. */
    private static final class Opened {
        final byte[] key;
        final Sealed check;

        Opened(byte[] key, Sealed check) {
            this.key = key;
            this.check = check;
        }
    }

    /** A key that was made just now, and how it is found again. */
    private static final class Fresh {
        final byte[] key;
        final Kdf kdf;

        Fresh(byte[] key, Kdf kdf) {
            this.key = key;
            this.kdf = kdf;
        }
    }

    /**
     * What may be shown of a secret.
     *
     * @param created when it was last stored; null where that was not noted
     */
    public record Entry(String name, @Nullable Instant created) {}

    private SecretStore(Place place, Keys keys, SecureRandom random, Clock clock, Opened opened) {
        this.place = place;
        this.keys = keys;
        this.random = random;
        this.clock = clock;
        this.opened = opened;
    }

    /** Opens the store in a file, or makes it (and the key) where there is none. */
    public static SecretStore open(Path file, KeySource source, SecureRandom random) throws IOException {
        return open(Place.file(file), Keys.only(source), random, Clock.systemUTC());
    }

    /**
     * Opens the store, or makes it (and the key) where there is none.
     *
     * @throws SecretsLocked where the key is wrong, missing, or readable by others
     * @throws IOException where it cannot be read or is damaged
     */
    public static SecretStore open(Place place, Keys keys, SecureRandom random, Clock clock) throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        KeySource first = null;
        if (place.read().isEmpty()) {
            // asked for before the place is locked: a person may have to type it
            KeySource source = keys.fresh();
            first = source;
            place.change(there -> {
                if (there != null) {
                    return null;
                }
                Fresh fresh = fresh(source, false, random);
                return bytes(json, new Content(FORMAT, fresh.kdf, seal(fresh.key, "", check(), random, null),
                        new TreeMap<>()));
            });
        }
        Content content = parse(place, json);
        // whoever has just typed a passphrase is not asked again
        Keys now = first != null && content.key().isOf(first.kind()) ? Keys.only(first) : keys;
        return new SecretStore(place, keys, random, clock, unlock(place, now, content));
    }

    private static Secret check() {
        return Secret.of(CONTEXT);
    }

    /** Of which kind the key of a place is; empty where nothing was put yet. */
    public static Optional<KeySource.Kind> kind(Place place) throws IOException {
        return place.read().isEmpty()
                ? Optional.empty()
                : Optional.of(kind(place, parse(place, JsonMapper.builder().build()).key()));
    }

    private static KeySource.Kind kind(Place place, Kdf kdf) throws IOException {
        return Arrays.stream(KeySource.Kind.values()).filter(kdf::isOf).findFirst()
                .orElseThrow(() -> new IOException(place + " has a key of the kind '" + kdf.kind()
                        + "', which this Kindling does not know; update Kindling"));
    }

    /** Finds the key that opens the check. */
    private static Opened unlock(Place place, Keys keys, Content content) throws IOException {
        KeySource source = keys.of(kind(place, content.key()));
        for (byte[] key : candidates(place, source, content.key())) {
            try (Secret check = unseal(place, key, "", content.check())) {
                if (check.matches(CONTEXT)) {
                    return new Opened(key, content.check());
                }
            } catch (AEADBadTagException e) {
                // another one may be right
            }
        }
        throw wrongKey(place, source);
    }

    private static Fresh fresh(KeySource source, boolean anew, SecureRandom random) throws IOException {
        switch (source) {
            case KeySource.KeyFile(Path file) -> {
                byte[] key = anew ? KeyFileKeys.add(file, random) : KeyFileKeys.firstOrMade(file, random);
                return new Fresh(key, new Kdf(KeySource.Kind.FILE.written(), null, 0, 0, 0, null));
            }
            case KeySource.Passphrase(Secret passphrase) -> {
                byte[] salt = new byte[16];
                random.nextBytes(salt);
                Kdf kdf = new Kdf(KeySource.Kind.PASSPHRASE.written(), encode(salt), MEMORY_KIB, ITERATIONS, LANES,
                        null);
                return new Fresh(derive(passphrase, kdf, salt), kdf);
            }
            case KeySource.Keyring(OsKeyring keyring) -> {
                byte[] key = new byte[32];
                random.nextBytes(key);
                byte[] account = new byte[12];
                random.nextBytes(account);
                String name = HexFormat.of().formatHex(account);
                try (Secret text = Secret.of(encode(key))) {
                    keyring.store(name, text);
                }
                return new Fresh(key, new Kdf(KeySource.Kind.KEYRING.written(), null, 0, 0, 0, name));
            }
        }
    }

    /**
     * Stores a value, durable when this returns.
     *
     * @param name letters, digits and {@code . _ / -}, such as {@code demo/kubeconfig}
     */
    public void put(String name, Secret value) throws IOException {
        checkName(name);
        change((entries, key) -> {
            entries.put(name, seal(key, name, value, random,
                    clock.instant().truncatedTo(ChronoUnit.SECONDS).toString()));
            return true;
        });
    }

    /** The value of a name; empty where there is none. The caller closes it. */
    public Optional<Secret> get(String name) throws IOException {
        Content content = parse(place, json);
        Sealed sealed = content.entries().get(name);
        if (sealed == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(unseal(place, key(content), name, sealed));
        } catch (AEADBadTagException e) {
            throw new IOException(place + ": the secret '" + name + "' is damaged; store it again", e);
        }
    }

    /** The names, in order. */
    public List<String> list() throws IOException {
        return entries().stream().map(Entry::name).toList();
    }

    /** The names, in order, and what else may be shown. */
    public List<Entry> entries() throws IOException {
        return entries(place);
    }

    /** The same without a key. */
    public static List<Entry> entries(Place place) throws IOException {
        if (place.read().isEmpty()) {
            return List.of();
        }
        List<Entry> entries = new ArrayList<>();
        parse(place, JsonMapper.builder().build()).entries().forEach((name, sealed) -> entries
                .add(new Entry(name, sealed.created() == null ? null : Instant.parse(sealed.created()))));
        return List.copyOf(entries);
    }

    /** Removes a name; false where there was none. */
    public boolean delete(String name) throws IOException {
        return change((entries, _) -> entries.remove(name) != null);
    }

    /** Removes all names that begin so. Needs no key. */
    public static void forget(Place place, String prefix) throws IOException {
        if (place.read().isEmpty()) {
            return;
        }
        JsonMapper json = JsonMapper.builder().build();
        place.change(there -> {
            Content before = parse(place, there, json);
            TreeMap<String, Sealed> entries = new TreeMap<>(before.entries());
            boolean changed = entries.keySet().removeIf(name -> name.startsWith(prefix));
            return changed ? bytes(json, new Content(FORMAT, before.key(), before.check(), entries)) : null;
        });
    }

    /**
     * Seals everything with a new key. A crash leaves all of it as it was or all of it with the new key, and the key
     * that opens it where keys are kept: the new key is durable before the values are sealed with it, and an old one is
     * forgotten after.
     *
     * <p>
     * Old keys stay in a key file, because it may belong to other workspaces and open old backups.
     *
     * @param to where the new key is kept; may be another kind
     */
    public void rotate(KeySource to) throws IOException {
        Kdf before = parse(place, json).key();
        Fresh fresh = fresh(to, true, random);
        place.change(there -> {
            Content content = parse(there);
            byte[] old = key(content);
            TreeMap<String, Sealed> entries = new TreeMap<>();
            for (var entry : content.entries().entrySet()) {
                try (Secret value = unseal(place, old, entry.getKey(), entry.getValue())) {
                    entries.put(entry.getKey(),
                            seal(fresh.key, entry.getKey(), value, random, entry.getValue().created()));
                } catch (AEADBadTagException e) {
                    throw new IOException(place + ": the secret '" + entry.getKey()
                            + "' is damaged; nothing was changed. Store it again or delete it first", e);
                }
            }
            return bytes(json, new Content(FORMAT, fresh.kdf, seal(fresh.key, "", check(), random, null), entries));
        });
        if (before.isOf(KeySource.Kind.KEYRING) && before.account() != null) {
            try {
                if (keys.of(KeySource.Kind.KEYRING) instanceof KeySource.Keyring(OsKeyring keyring)) {
                    keyring.forget(before.account());
                }
            } catch (SecretsLocked e) {
                // a key that opens nothing any more stays in a keyring that is closed now
            }
        }
    }

    /** Wipes the key from memory. */
    @Override
    public void close() {
        lock.lock();
        try {
            Arrays.fill(opened.key, (byte) 0);
        } finally {
            lock.unlock();
        }
    }

    /** The key of this content, looked for again where somebody has rotated it. */
    private byte[] key(Content content) throws IOException {
        lock.lock();
        try {
            if (!content.check().equals(opened.check)) {
                opened = unlock(place, keys, content);
            }
            return opened.key;
        } finally {
            lock.unlock();
        }
    }

    private interface Edit {
        boolean apply(SortedMap<String, Sealed> entries, byte[] key) throws IOException;
    }

    private boolean change(Edit edit) throws IOException {
        boolean[] changed = new boolean[1];
        place.change(there -> {
            Content before = parse(there);
            TreeMap<String, Sealed> entries = new TreeMap<>(before.entries());
            changed[0] = edit.apply(entries, key(before));
            return changed[0] ? bytes(json, new Content(FORMAT, before.key(), before.check(), entries)) : null;
        });
        return changed[0];
    }

    private static byte[] bytes(JsonMapper json, Content content) throws IOException {
        return json.writerWithDefaultPrettyPrinter().writeValueAsBytes(content);
    }

    private static Content parse(Place place, JsonMapper json) throws IOException {
        return parse(place, place.read().orElse(null), json);
    }

    private Content parse(byte @Nullable [] bytes) throws IOException {
        return parse(place, bytes, json);
    }

    private static Content parse(Place place, byte @Nullable [] bytes, JsonMapper json) throws IOException {
        if (bytes == null) {
            throw new IOException(place + " is gone; put a copy back");
        }
        try {
            String format = json.readTree(bytes).path("format").asText();
            if (!FORMATS.contains(format)) {
                throw new IOException(place + " has the format '" + format + "', this Kindling knows " + FORMAT);
            }
            return json.readValue(bytes, Content.class);
        } catch (JsonProcessingException e) {
            e.clearLocation();
            throw new IOException(place + " is damaged: not the JSON that Kindling writes; put a copy back", e);
        }
    }

    private static Sealed seal(byte[] key, String name, Secret value, SecureRandom random, @Nullable String created) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] plain = value.bytes();
        try {
            return new Sealed(encode(nonce), encode(cipher(Cipher.ENCRYPT_MODE, key, name, nonce).doFinal(plain)),
                    created);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES/GCM", e);
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    private static Secret unseal(Place place, byte[] key, String name, Sealed sealed)
            throws IOException, AEADBadTagException {
        try {
            return Secret.owning(
                    cipher(Cipher.DECRYPT_MODE, key, name, decode(sealed.nonce())).doFinal(decode(sealed.data())));
        } catch (AEADBadTagException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new IOException(place + " is damaged; put a copy back", e);
        }
    }

    /** The name is authenticated with the value, so that two values cannot be swapped. */
    private static Cipher cipher(int mode, byte[] key, String name, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD((CONTEXT + "\n" + name).getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    /** The keys of a source that may be the right one. */
    private static List<byte[]> candidates(Place place, KeySource source, Kdf kdf) throws IOException {
        return switch (source) {
            case KeySource.KeyFile(Path file) -> {
                if (!kdf.isOf(KeySource.Kind.FILE)) {
                    throw new SecretsLocked("secrets-passphrase-needed", place.toString(),
                            "the secrets in " + place + " are protected by a passphrase", "the passphrase",
                            "give the passphrase that they were stored with");
                }
                List<byte[]> known = KeyFileKeys.read(file);
                if (known.isEmpty()) {
                    throw new SecretsLocked("secrets-key-missing", file.toString(), "the key file " + file
                            + " is missing", "the key that " + place + " was made with",
                            "put it back from a copy, or remove " + place + " to start without secrets");
                }
                yield known;
            }
            case KeySource.Passphrase(Secret passphrase) -> {
                if (!kdf.isOf(KeySource.Kind.PASSPHRASE)) {
                    throw new SecretsLocked("secrets-key-file-needed", place.toString(),
                            "the secrets in " + place + " are protected by a key file", "the key file",
                            "open them with the key file that they were stored with");
                }
                yield List.of(derive(place, passphrase, kdf));
            }
            case KeySource.Keyring(OsKeyring keyring) -> {
                String account = kdf.account();
                if (account == null || !NAME.matcher(account).matches()) {
                    throw new IOException(place + " is damaged: it names no account of the keyring; put a copy back");
                }
                try (Secret text = keyring.lookup(account).orElseThrow(() -> new SecretsLocked("secrets-key-missing",
                        place.toString(), "the keyring of this computer has no key for " + place,
                        "the keyring of the user who made it",
                        "log in as that user, or put the keyring back from a copy"))) {
                    yield List.of(decode(text.reveal()));
                }
            }
        };
    }

    private static byte[] derive(Place place, Secret passphrase, Kdf kdf) throws IOException {
        // The numbers come from a file: they must not be able to make us use all memory or run for ever.
        if (kdf.salt() == null || kdf.memoryKib() < 8 || kdf.memoryKib() > 1 << 20 || kdf.iterations() < 1
                || kdf.iterations() > 64 || kdf.lanes() < 1 || kdf.lanes() > 64) {
            throw new IOException(place + " is damaged: it asks for impossible key parameters; put a copy back");
        }
        return derive(passphrase, kdf, decode(kdf.salt()));
    }

    private static byte[] derive(Secret passphrase, Kdf kdf, byte[] salt) {
        Argon2BytesGenerator generator = new Argon2BytesGenerator();
        generator.init(
                new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id).withVersion(Argon2Parameters.ARGON2_VERSION_13)
                        .withSalt(salt).withMemoryAsKB(kdf.memoryKib()).withIterations(kdf.iterations())
                        .withParallelism(kdf.lanes()).build());
        byte[] typed = passphrase.bytes();
        byte[] derived = new byte[32];
        generator.generateBytes(typed, derived);
        Arrays.fill(typed, (byte) 0);
        return derived;
    }

    private static SecretsLocked wrongKey(Place place, KeySource source) {
        return switch (source) {
            case KeySource.KeyFile(Path file) -> new SecretsLocked("secrets-wrong-key", file.toString(),
                    "the key in " + file + " does not open " + place, "the key that it was made with",
                    "put the right key file back (where another operator has rotated the key: theirs), or remove "
                            + place + " to start without secrets");
            case KeySource.Passphrase _ -> new SecretsLocked("secrets-wrong-passphrase", place.toString(),
                    "the passphrase does not open " + place, "the passphrase that it was made with", "try again");
            case KeySource.Keyring _ -> new SecretsLocked("secrets-wrong-key", place.toString(),
                    "the key in the keyring does not open " + place, "the key that it was made with",
                    "put the keyring back from a copy, or remove " + place + " to start without secrets");
        };
    }

    private static void checkName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no name for a secret");
        }
    }

    static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    static byte[] decode(String text) throws IOException {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new IOException("not base64", e);
        }
    }
}
