package dev.kindling.engine.http;

import dev.kindling.engine.secret.Secret;
import dev.kindling.engine.secret.Tokens;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The bearer tokens of a workspace. A token is 256 random bits behind the prefix {@code kindling_}, which secret
 * scanners can look for; only its SHA-256 is stored. That needs no salt and no slow hash, because nobody can guess it.
 */
public final class AccessTokens implements AutoCloseable {
    static final String PREFIX = "kindling_";
    /** Name of the token in the workspace's token file. */
    static final String LOCAL = "local";
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?");

    private final ApiStore store;
    private final Clock clock;
    private final boolean owned;
    private long version = -1;
    private List<ApiStore.TokenRow> known = List.of();

    AccessTokens(ApiStore store, Clock clock) {
        this(store, clock, false);
    }

    private AccessTokens(ApiStore store, Clock clock, boolean owned) {
        this.store = store;
        this.clock = clock;
        this.owned = owned;
    }

    /** The tokens of a workspace; a server that runs sees every change at once. */
    public static AccessTokens open(Path workspace, Clock clock) {
        return new AccessTokens(ApiStore.open(workspace.toAbsolutePath()), clock, true);
    }

    /**
     * A token, without its value.
     *
     * @param expires null: never
     */
    public record Token(String name, Role role, Instant created, @Nullable Instant expires, boolean expired) {}

    /**
     * Makes a token.
     *
     * @param name lower-case letters, digits, dots, dashes; at most 63
     * @param life empty: for ever
     * @return its value, which nobody can be told again; empty where that name is taken
     * @throws IllegalArgumentException for a name that cannot be
     */
    public Optional<Secret> create(String name, Role role, Optional<Duration> life) {
        if (!NAME.matcher(name).matches() || name.equals(LOCAL)) {
            throw new IllegalArgumentException("'" + name
                    + "' cannot be the name of a token; expected lower-case letters, digits, dots and dashes, at most 63,"
                    + " and not '" + LOCAL + "'");
        }
        String value = fresh();
        Instant now = clock.instant();
        Instant expires = life.map(now::plus).orElse(null);
        return changed(store.addToken(new ApiStore.TokenRow(name, role, hash(value), now, expires)))
                ? Optional.of(Secret.of(value))
                : Optional.empty();
    }

    /** All of them, by name. */
    public List<Token> list() {
        return store.tokens().stream()
                .map(row -> new Token(row.name(), row.role(), row.created(), row.expires(), expired(row))).toList();
    }

    /** Ends a token at once; returns whether there was one. */
    public boolean revoke(String name) {
        return changed(store.removeToken(name));
    }

    /** The database tells of others' changes only. */
    private synchronized boolean changed(boolean done) {
        version = -1;
        return done;
    }

    /** Whose it is. Compares with every token in constant time. */
    Optional<Principal> find(String presented) {
        byte[] hash = hash(presented);
        ApiStore.TokenRow found = null;
        for (ApiStore.TokenRow row : current()) {
            if (MessageDigest.isEqual(row.hash(), hash)) {
                found = row;
            }
        }
        return Optional.ofNullable(found).filter(row -> !expired(row))
                .map(row -> new Principal(row.name(), row.role()));
    }

    private synchronized List<ApiStore.TokenRow> current() {
        long now = store.dataVersion();
        if (now != version) {
            known = store.tokens();
            version = now;
        }
        return known;
    }

    private boolean expired(ApiStore.TokenRow row) {
        Instant expires = row.expires();
        return expires != null && !clock.instant().isBefore(expires);
    }

    static String fresh() {
        try (Secret secret = new Tokens(new SecureRandom()).next()) {
            return PREFIX + secret.reveal();
        }
    }

    static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public void close() {
        if (owned) {
            store.close();
        }
    }
}
