package dev.kindling.engine.http;

import dev.kindling.engine.api.Problem;
import java.util.List;
import java.util.Map;

/** Ends the work on a request with a status and the problems behind it: expected, hence without a stack trace. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final transient List<Problem> problems;
    private final transient Map<String, String> headers;

    Refused(int status, List<Problem> problems, Map<String, String> headers) {
        super(problems.getFirst().message(), null, false, false);
        this.status = status;
        this.problems = List.copyOf(problems);
        this.headers = Map.copyOf(headers);
    }

    Refused(int status, Problem problem) {
        this(status, List.of(problem), Map.of());
    }

    static Refused badRequest(String code, String where, String message, String expected) {
        return new Refused(400, Problem.error(code, where, message, expected,
                "see /api/v1/openapi.json for what this path takes"));
    }

    static Refused noCluster(String cluster) {
        return new Refused(404, Problem.error("cluster-unknown", "cluster " + cluster,
                "there is no cluster " + cluster, "", "GET /api/v1/clusters lists them"));
    }

    int status() {
        return status;
    }

    List<Problem> problems() {
        return problems;
    }

    Map<String, String> headers() {
        return headers;
    }
}
