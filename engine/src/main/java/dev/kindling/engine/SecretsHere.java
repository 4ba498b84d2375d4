package dev.kindling.engine;

import dev.kindling.engine.api.SealedSecrets;
import dev.kindling.engine.secret.KeySource;
import dev.kindling.engine.secret.Keys;
import dev.kindling.engine.secret.Place;
import dev.kindling.engine.secret.Secret;
import dev.kindling.engine.secret.SecretStore;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;

/** The secrets of a workspace for the person in front of it. */
final class SecretsHere implements SealedSecrets {
    private static final String DOCUMENT = "secrets";

    private final Store store;
    private final Place place;
    private final Keys keys;
    private final Keys newKeys;

    /**
     * @param keys find the present key
     * @param newKeys find the next one: a passphrase is asked for twice
     */
    SecretsHere(Store store, Place place, Keys keys, Keys newKeys) {
        this.store = store;
        this.place = place;
        this.keys = keys;
        this.newKeys = newKeys;
    }

    /**
     * Where a workspace's secrets lie: beside its own journal, or, sealed, in the state that several operators share,
     * so that each of them can go on where another one stopped.
     */
    static Place place(Workspace workspace, Store store) {
        return store.shared() ? inState(store) : Place.file(workspace.secrets());
    }

    private static Place inState(Store store) {
        return new Place() {
            @Override
            public Optional<byte[]> read() throws IOException {
                try {
                    return store.document(DOCUMENT);
                } catch (UncheckedIOException e) {
                    throw e.getCause();
                }
            }

            @Override
            public void change(Change change) throws IOException {
                try {
                    store.changeDocument(DOCUMENT, content -> {
                        try {
                            return change.apply(content);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });
                } catch (UncheckedIOException e) {
                    throw e.getCause();
                }
            }

            @Override
            public String toString() {
                return "the secrets in " + store.place();
            }
        };
    }

    @Override
    public List<Entry> list() {
        return Unchecked.get(() -> SecretStore.entries(place).stream()
                .map(entry -> new Entry(entry.name(), entry.created())).toList());
    }

    @Override
    public Optional<String> reveal(String name) {
        return Unchecked.get(() -> {
            if (place.read().isEmpty()) {
                return Optional.<String>empty();
            }
            try (SecretStore open = open()) {
                return open.get(name).map(secret -> {
                    try (secret) {
                        return secret.reveal();
                    }
                });
            }
        });
    }

    @Override
    public void put(String name, String value) {
        Unchecked.get(() -> {
            try (SecretStore open = open(); Secret secret = Secret.of(value)) {
                open.put(name, secret);
                return name;
            }
        });
    }

    @Override
    public void rotate(Key to) {
        Unchecked.get(() -> {
            try (SecretStore open = open()) {
                open.rotate(newKeys.of(kind(to)));
                return to;
            }
        });
    }

    private static KeySource.Kind kind(Key key) {
        return switch (key) {
            case FILE -> KeySource.Kind.FILE;
            case PASSPHRASE -> KeySource.Kind.PASSPHRASE;
            case KEYRING -> KeySource.Kind.KEYRING;
        };
    }

    @Override
    public Optional<Key> key() {
        return Unchecked.get(() -> SecretStore.kind(place).map(kind -> switch (kind) {
            case FILE -> Key.FILE;
            case PASSPHRASE -> Key.PASSPHRASE;
            case KEYRING -> Key.KEYRING;
        }));
    }

    private SecretStore open() throws IOException {
        return SecretStore.open(place, keys, new SecureRandom(), Clock.systemUTC());
    }

    @Override
    public String place() {
        return place.toString();
    }

    @Override
    public void close() {
        store.close();
    }
}
