package dev.kindling.engine.http;

import dev.kindling.engine.api.ClusterStatus;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What the server counts, in the text format of Prometheus. */
final class Metrics {
    private final Map<String, LongAdder> requests = new ConcurrentHashMap<>();
    private final AtomicInteger streams = new AtomicInteger();
    private final AtomicInteger connections = new AtomicInteger();
    private final LongAdder refusedTokens = new LongAdder();

    void answered(String route, int status) {
        requests.computeIfAbsent("{route=\"" + route + "\",status=\"" + status + "\"}", _ -> new LongAdder())
                .increment();
    }

    void streamBegan() {
        streams.incrementAndGet();
    }

    void streamEnded() {
        streams.decrementAndGet();
    }

    /** Returns how many there are now. */
    int connected() {
        return connections.incrementAndGet();
    }

    void disconnected() {
        connections.decrementAndGet();
    }

    int connections() {
        return connections.get();
    }

    void tokenRefused() {
        refusedTokens.increment();
    }

    String text(List<ClusterStatus> clusters) {
        var out = new StringBuilder();
        head(out, "kindling_http_requests_total", "counter", "Requests by route and status.");
        new TreeMap<>(requests)
                .forEach((labels, count) -> out.append("kindling_http_requests_total").append(labels).append(' ')
                        .append(count.sum()).append('\n'));
        head(out, "kindling_http_connections", "gauge", "Open connections.");
        out.append("kindling_http_connections ").append(connections.get()).append('\n');
        head(out, "kindling_http_event_streams", "gauge", "Event streams that are being followed.");
        out.append("kindling_http_event_streams ").append(streams.get()).append('\n');
        head(out, "kindling_http_refused_tokens_total", "counter", "Requests without a right token.");
        out.append("kindling_http_refused_tokens_total ").append(refusedTokens.sum()).append('\n');
        head(out, "kindling_clusters", "gauge", "Clusters by state.");
        var byState = new EnumMap<ClusterStatus.State, Long>(ClusterStatus.State.class);
        for (ClusterStatus.State state : ClusterStatus.State.values()) {
            byState.put(state, clusters.stream().filter(cluster -> cluster.state() == state).count());
        }
        byState.forEach((state, count) -> out.append("kindling_clusters{state=\"")
                .append(state.name().toLowerCase(Locale.ROOT)).append("\"} ").append(count).append('\n'));
        head(out, "kindling_machines", "gauge", "Machines by cluster.");
        clusters.forEach(cluster -> out.append("kindling_machines{cluster=\"").append(cluster.name()).append("\"} ")
                .append(cluster.machines().size()).append('\n'));
        head(out, "kindling_machines_stuck", "gauge", "Machines that make no progress.");
        clusters.forEach(cluster -> out.append("kindling_machines_stuck{cluster=\"").append(cluster.name())
                .append("\"} ").append(cluster.machines().stream().filter(machine -> machine.stuck() != null).count())
                .append('\n'));
        return out.toString();
    }

    private static void head(StringBuilder out, String name, String type, String help) {
        out.append("# HELP ").append(name).append(' ').append(help).append("\n# TYPE ").append(name).append(' ')
                .append(type).append('\n');
    }
}
