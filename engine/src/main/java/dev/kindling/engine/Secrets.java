package dev.kindling.engine;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.distribution.k3s.K3s;
import dev.kindling.engine.secret.Place;
import dev.kindling.engine.secret.Secret;
import dev.kindling.engine.secret.SecretStore;
import dev.kindling.engine.secret.SecretsLocked;
import dev.kindling.engine.secret.Tokens;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The secrets of one cluster in the workspace's encrypted store; each is made when it is first asked for. */
final class Secrets implements K3s.Credentials {
    /** Shorter words are no secrets, and are in every text. */
    private static final int LEAST_SECRET = 8;

    private final Workspace workspace;
    private final Place place;
    private final String cluster;
    private final Consumer<Event> journal;
    private @Nullable SecretStore store;

    Secrets(Workspace workspace, Store state, String cluster, Consumer<Event> journal) {
        this.workspace = workspace;
        this.place = SecretsHere.place(workspace, state);
        this.cluster = cluster;
        this.journal = journal;
    }

    /** Why they cannot be read or written; empty where they can. */
    Optional<Problem> locked() throws IOException {
        try {
            var _ = store();
            return Optional.empty();
        } catch (SecretsLocked e) {
            return Optional.of(e.problem());
        }
    }

    /** Of the machines' bearer tokens. */
    byte[] bootKey() throws IOException {
        return made("boot-key").bytes();
    }

    @Override
    public String clusterToken() {
        return Unchecked.get(() -> made("cluster-token").reveal());
    }

    @Override
    public String apiToken() {
        return Unchecked.get(() -> made("api-token").reveal());
    }

    /** What the primer sent, before it is known to be of any use. */
    @Override
    public Optional<String> kubeconfig() {
        return Unchecked.get(() -> store().get(cluster + "/kubeconfig-received").map(Secret::reveal));
    }

    @Override
    public void storeKubeconfig(String kubeconfig) {
        Unchecked.get(() -> {
            store().put(cluster + "/kubeconfig-received", Secret.of(kubeconfig));
            return cluster;
        });
    }

    boolean kubeconfigKept() throws IOException {
        return store().get(kubeconfigName()).isPresent();
    }

    String kubeconfigName() {
        return cluster + "/kubeconfig";
    }

    /** The kubeconfig has proved itself: the cluster's nodes are Ready through it. */
    void keepKubeconfig() throws IOException {
        String kubeconfig = kubeconfig().orElseThrow(() -> new IOException("the primer has sent no kubeconfig"));
        store().put(kubeconfigName(), Secret.of(kubeconfig));
        journal.accept(new Event.SecretStored(kubeconfigName(), "the kubeconfig is kept as " + kubeconfigName()));
    }

    /**
     * A text with every secret of the store taken out of it, as a whole and word by word: a kubeconfig holds its token
     * in a line of its own.
     */
    String mask(String text) {
        return Unchecked.get(() -> {
            if (place.read().isEmpty()) {
                return text;
            }
            String masked = text;
            for (String name : store().list()) {
                for (String word : store().get(name).map(Secret::reveal).orElse("").split("[\\s\"']+", -1)) {
                    if (word.length() >= LEAST_SECRET) {
                        masked = masked.replace(word, "***");
                    }
                }
            }
            return masked;
        });
    }

    /** Deletes all of this cluster's; needs no key. */
    void forget() throws IOException {
        SecretStore.forget(place, cluster + "/");
    }

    /** A secret by its whole name; made where there is none, for its user to read it from the store. */
    byte[] named(String name) throws IOException {
        return madeAs(name).bytes();
    }

    private Secret made(String purpose) throws IOException {
        return madeAs(cluster + "/" + purpose);
    }

    private synchronized Secret madeAs(String name) throws IOException {
        Optional<Secret> known = store().get(name);
        if (known.isPresent()) {
            return known.get();
        }
        Secret made = new Tokens(new SecureRandom()).next();
        store().put(name, made);
        journal.accept(new Event.SecretStored(name, "made the secret " + name));
        return made;
    }

    private synchronized SecretStore store() throws IOException {
        SecretStore open = store;
        if (open == null) {
            // a run has nobody to ask
            open = SecretStore.open(place, workspace.keys(_ -> Optional.empty()), new SecureRandom(),
                    Clock.systemUTC());
            store = open;
        }
        return open;
    }
}
