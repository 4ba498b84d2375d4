package dev.kindling.engine.http;

import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLException;

/** What a client says of a server that it cannot work with. */
final class Failures {
    private static final Set<String> PASSING = Set.of("server-unreachable", "connection-broken", "server-slow",
            "server-error", "server-stops");

    private Failures() {}

    /** Whether waiting may help. */
    static boolean passes(Problem problem) {
        return PASSING.contains(problem.code());
    }

    static Problem of(HttpKindling.Connection connection, IOException e) {
        String url = connection.url().toString();
        return switch (e) {
            case HttpConnectTimeoutException _ -> Problem.error("server-unreachable", url,
                    "nobody answers at " + url, "a server",
                    "is kindling serve running there, and does a firewall let it through?");
            case HttpTimeoutException _ -> Problem.error("server-slow", url, "the server at " + url
                    + " gives no answer", "", "look at its log; try again");
            case UnixHttpClient.Stranger _ -> Problem.error("socket-foreign", url, String.valueOf(e.getMessage()),
                    "a socket of your own", "only the user who runs kindling serve, and root, may use its socket;"
                            + " others need an address and a token: --connect http://127.0.0.1:8443");
            case ConnectException _ -> unreachable(url, e);
            case SSLException _ -> certificate(url, e);
            default -> e.getCause() instanceof UnresolvedAddressException || e.getCause() instanceof ConnectException
                    || e.getCause() instanceof UnknownHostException
                            ? unreachable(url, e)
                            : Problem.error("connection-broken", url,
                                    "the connection to " + url + " broke: " + e.getMessage(), "",
                                    "try again; http:// does not work where the server speaks TLS, nor https:// where it"
                                            + " does not");
        };
    }

    private static Problem unreachable(String url, IOException e) {
        boolean unknown = false;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            unknown |= cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException;
        }
        return Problem.error("server-unreachable", url,
                unknown ? "there is no host of the name in " + url : "nothing listens at " + url, "a server",
                "start one there: kindling serve; it prints its address");
    }

    private static Problem certificate(String url, IOException e) {
        String said = String.valueOf(e.getMessage());
        boolean judged = false;
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                said = String.valueOf(cause.getMessage());
                judged = true;
            }
        }
        return judged
                ? Problem.error("server-certificate", url, "the server at " + url + " is not the one that is trusted: "
                        + said, "the certificate that was pinned, or one of a trusted authority",
                        "compare with the fingerprint that kindling serve prints, then give --fingerprint SHA256, or"
                                + " --cacert FILE")
                : Problem.error("server-tls", url, "no TLS with " + url + ": " + said, "a server that speaks TLS 1.3",
                        "use http:// where the server listens on loopback without TLS");
    }

    /** Somebody else answers, or another version. */
    static Optional<Problem> stranger(HttpKindling.Connection connection, Optional<String> api, int status) {
        String url = connection.url().toString();
        if (api.isEmpty()) {
            return Optional.of(Problem.error("server-unknown", url,
                    "at " + url + " answers something else than kindling (status " + status + ")", "kindling serve",
                    "look at the address and the port"));
        }
        String major = api.get().split("\\.", 2)[0];
        return major.equals(OpenApi.VERSION.split("\\.", 2)[0])
                ? Optional.empty()
                : Optional.of(Problem.error("version-mismatch", url, "the server speaks version " + api.get()
                        + " of the API", OpenApi.VERSION, "use the same version of kindling at both ends"));
    }
}
