package dev.kindling.engine.http;

import dev.kindling.engine.api.Problem;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is let in, told by the head of a request: nobody unknown gets a body read.
 *
 * <p>
 * On loopback the Host header must name it: a web page whose name was made to point at this computer (DNS rebinding) is
 * refused. No answer ever allows another origin (CORS).
 */
final class Guard {
    private static final Logger LOG = LoggerFactory.getLogger(Guard.class);
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
    private static final int FAILURES = 10;
    private static final Duration WINDOW = Duration.ofMinutes(1);
    private static final int REMEMBERED = 10_000;

    private final AccessTokens tokens;
    private final byte[] localToken;
    private final boolean loopback;
    private final String address;
    private final Clock clock;
    private final Metrics metrics;
    private final Map<String, Failures> failures = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Failures> eldest) {
            return size() > REMEMBERED;
        }
    };

    private record Failures(int count, Instant since) {}

    /**
     * A guard.
     *
     * @param loopback whether only this computer can ask
     * @param address that is listened on, as in a Host header without the port
     */
    Guard(AccessTokens tokens, String localToken, boolean loopback, String address, Clock clock, Metrics metrics) {
        this.tokens = tokens;
        this.localToken = AccessTokens.hash(localToken);
        this.loopback = loopback;
        this.address = address;
        this.clock = clock;
        this.metrics = metrics;
    }

    /**
     * Where a request came from.
     *
     * @param address of the other end, without the port
     * @param owner whether the kernel says that it is this process's own user, or root, on a Unix socket
     */
    record Origin(String address, boolean owner) {}

    /** @throws Refused where Host or Origin tell of somebody else */
    void checkPlace(HttpHeaders headers, Origin from) {
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() != 1 && !from.owner) {
            throw Refused.badRequest("host-missing", "Host", "the request has " + hosts.size() + " Host headers",
                    "exactly one");
        }
        String host = hosts.isEmpty() ? "" : hosts.getFirst();
        if (loopback && !from.owner && !LOOPBACK.contains(name(host)) && !name(host).equals(address)) {
            throw new Refused(421, Problem.error("host-foreign", "Host", "this server is not " + host,
                    "localhost or 127.0.0.1", "ask for it by that name"));
        }
        String origin = headers.get(HttpHeaderNames.ORIGIN);
        if (origin != null && !sameOrigin(origin, host)) {
            throw new Refused(403, Problem.error("origin-foreign", "Origin",
                    "a web page of " + origin + " may not ask here", "no Origin header, or the server's own",
                    "ask from a program"));
        }
    }

    private static String name(String host) {
        int end = host.startsWith("[") ? host.indexOf(']') + 1 : host.indexOf(':');
        return (end > 0 ? host.substring(0, end) : host).toLowerCase(Locale.ROOT);
    }

    private static boolean sameOrigin(String origin, String host) {
        try {
            String authority = URI.create(origin).getAuthority();
            return authority != null && authority.equalsIgnoreCase(host);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** @throws Refused where the request bears no token, or a wrong one, or wrong ones too often */
    Principal checkToken(HttpHeaders headers, Origin from) {
        List<String> given = headers.getAll(HttpHeaderNames.AUTHORIZATION);
        if (given.isEmpty() && from.owner) {
            return new Principal("owner", Role.ADMIN);
        }
        if (given.isEmpty()) {
            // who shows nothing guesses nothing
            throw unauthorized("token-missing", "the request bears no token");
        }
        // from elsewhere, nobody who guesses is told any more; on this computer, one program's old token must not lock
        // out the others
        Instant blocked = blockedUntil(from);
        if (blocked != null && !loopback) {
            throw tooMany(blocked);
        }
        Optional<Principal> found = given.size() == 1 ? bearer(given.getFirst()).flatMap(this::find) : Optional.empty();
        if (found.isPresent()) {
            return found.get();
        }
        metrics.tokenRefused();
        if (blocked != null) {
            throw tooMany(blocked);
        }
        failed(from);
        throw unauthorized("token-refused", "the token is not known, or has expired");
    }

    private static Refused unauthorized(String code, String message) {
        return new Refused(401, List.of(Problem.error(code, "Authorization", message, "Authorization: Bearer TOKEN",
                "kindling serve says where its token file is; kindling token create makes other tokens")),
                Map.of("WWW-Authenticate", "Bearer realm=\"kindling\""));
    }

    private static Optional<String> bearer(String header) {
        return header.regionMatches(true, 0, "Bearer ", 0, 7)
                ? Optional.of(header.substring(7).strip())
                : Optional.empty();
    }

    private Optional<Principal> find(String token) {
        boolean local = MessageDigest.isEqual(AccessTokens.hash(token), localToken);
        Optional<Principal> stored = tokens.find(token);
        return local ? Optional.of(new Principal(AccessTokens.LOCAL, Role.ADMIN)) : stored;
    }

    private static Refused tooMany(Instant until) {
        return new Refused(429, List.of(Problem.error("token-attempts", "Authorization",
                "too many requests with a wrong token from your address", "at most " + FAILURES + " a minute",
                "come again at " + until)), Map.of("Retry-After", Long.toString(WINDOW.toSeconds())));
    }

    private @org.jspecify.annotations.Nullable Instant blockedUntil(Origin from) {
        synchronized (failures) {
            Failures known = failures.get(from.address);
            return known != null && known.count >= FAILURES && clock.instant().isBefore(known.since.plus(WINDOW))
                    ? known.since.plus(WINDOW)
                    : null;
        }
    }

    private void failed(Origin from) {
        Instant now = clock.instant();
        synchronized (failures) {
            Failures known = failures.get(from.address);
            Failures counted = known == null || !now.isBefore(known.since.plus(WINDOW))
                    ? new Failures(1, now)
                    : new Failures(known.count + 1, known.since);
            failures.put(from.address, counted);
            if (counted.count == 1) {
                LOG.warn("a request from {} without a right token", from.address);
            } else if (counted.count == FAILURES) {
                LOG.warn("{} requests from {} without a right token: not heard for a minute", FAILURES, from.address);
            }
        }
    }
}
