package dev.kindling.engine.api;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The encrypted secrets of a workspace. Deliberately no part of {@link Kindling}: values never go over a network.
 *
 * <p>
 * An {@link java.io.UncheckedIOException} means that they cannot be read or written, for example because the key is not
 * there; its cause says what to do.
 */
public interface SealedSecrets extends AutoCloseable {
    /** The names, in order. Needs no key. */
    List<Entry> list();

    /** A value; empty where there is none of that name. Show it to nobody who did not ask. */
    Optional<String> reveal(String name);

    /**
     * Stores a value, over one that is there.
     *
     * @param name letters, digits, {@code . _ / -}, at most 200
     * @throws IllegalArgumentException for another name
     */
    void put(String name, String value);

    /**
     * Seals all of them with a new key. A crash leaves them readable, with the old key or the new one.
     *
     * @param to the kind of the new key
     */
    void rotate(Key to);

    /** Which kind of key they have; empty where there are no secrets yet. */
    Optional<Key> key();

    /** Where they lie, for messages. */
    String place();

    @Override
    void close();

    /** Where a key is kept. */
    enum Key {
        /** In a file of the user. */
        FILE,
        /** In somebody's head. */
        PASSPHRASE,
        /** In the keyring of the operating system. */
        KEYRING
    }

    /**
     * What may be shown.
     *
     * @param created when it was last stored; null where an older version stored it
     */
    record Entry(String name, @Nullable Instant created) {}
}
