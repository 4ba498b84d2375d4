package dev.kindling.pxe.standalone;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.PoolUse;
import dev.kindling.pxe.PxeEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Counts what happens, and shows it as Prometheus reads it (text format 0.0.4), as the file {@code metrics}. For
 * several threads.
 */
public final class Metrics implements Consumer<PxeEvent>, BootSource {
    private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";
    private static final double[] SECONDS = {0.01, 0.1, 1, 10, 60, 600};
    /** Reasons and addresses hold what others send: their number is bounded, so that the memory is. */
    private static final int MOST_OF_OTHERS = 64;

    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private final Map<BootSource.Protocol, Transfers> transfers = new ConcurrentHashMap<>();
    private final LongAdder ofOthers = new LongAdder();
    private volatile Supplier<List<PoolUse>> pools = List::of;
    private volatile Supplier<List<BootProgress>> machines = List::of;

    /** The transfers of one protocol. */
    private static final class Transfers {
        private final LongAdder started = new LongAdder();
        private final LongAdder done = new LongAdder();
        private final LongAdder failed = new LongAdder();
        private final LongAdder bytes = new LongAdder();
        private final LongAdder millis = new LongAdder();
        private final LongAdder[] buckets = Arrays.stream(SECONDS).mapToObj(each -> new LongAdder())
                .toArray(LongAdder[]::new);
    }

    /**
     * Shows these too, as they are when it is asked.
     *
     * @param currentPools how far the addresses are used
     * @param currentMachines those that were heard, and how far they have come
     */
    public void follow(Supplier<List<PoolUse>> currentPools, Supplier<List<BootProgress>> currentMachines) {
        pools = currentPools;
        machines = currentMachines;
    }

    @Override
    public void accept(PxeEvent event) {
        switch (event) {
            case PxeEvent.DhcpSeen seen -> count("kindling_dhcp_requests_total", "type", seen.messageType(), "agent",
                    seen.agent().name().toLowerCase(Locale.ROOT));
            case PxeEvent.DhcpAnswered answered -> count("kindling_dhcp_answers_total", "type", answered.messageType());
            case PxeEvent.Ignored ignored -> refused("dhcp", ignored.reason());
            case PxeEvent.FetchStarted started -> of(started.protocol()).started.increment();
            case PxeEvent.FetchDone done -> done(of(done.protocol()), done);
            case PxeEvent.FetchFailed failed -> {
                of(failed.protocol()).failed.increment();
                refused(failed.protocol().name().toLowerCase(Locale.ROOT), failed.reason());
            }
            case PxeEvent.Stalled _ -> count("kindling_stalls_total");
            case PxeEvent.AddressConflict _ -> count("kindling_address_conflicts_total");
            case PxeEvent.ForeignServer foreign -> countOfOthers("kindling_foreign_server_seen_total", "address",
                    foreign.address().getHostAddress());
        }
    }

    private Transfers of(BootSource.Protocol protocol) {
        return transfers.computeIfAbsent(protocol, each -> new Transfers());
    }

    private static void done(Transfers all, PxeEvent.FetchDone done) {
        all.done.increment();
        all.bytes.add(done.bytes());
        all.millis.add(done.millis());
        for (int i = 0; i < SECONDS.length; i++) {
            if (done.millis() <= SECONDS[i] * 1000) {
                all.buckets[i].increment();
            }
        }
    }

    private void refused(String service, String reason) {
        countOfOthers("kindling_refusals_total", "service", service, "reason", reason);
    }

    /** The last label's value holds what others send. */
    private void countOfOthers(String metric, String... labels) {
        if (!counters.containsKey(name(metric, labels))) {
            ofOthers.increment();
            if (ofOthers.sum() > MOST_OF_OTHERS) {
                String[] bounded = labels.clone();
                bounded[bounded.length - 1] = "other";
                count(metric, bounded);
                return;
            }
        }
        count(metric, labels);
    }

    private void count(String metric, String... labels) {
        counters.computeIfAbsent(name(metric, labels), each -> new LongAdder()).increment();
    }

    private static String name(String metric, String... labels) {
        if (labels.length == 0) {
            return metric;
        }
        var text = new StringBuilder(metric).append('{');
        for (int i = 0; i < labels.length; i += 2) {
            text.append(i == 0 ? "" : ",").append(labels[i]).append("=\"").append(escaped(labels[i + 1])).append('"');
        }
        return text.append('}').toString();
    }

    private static String escaped(String value) {
        return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }

    /** All of it as it stands. */
    public String text() {
        var text = new StringBuilder();
        String last = "";
        for (var counter : new TreeMap<>(counters).entrySet()) {
            String metric = counter.getKey().replaceFirst("\\{[\\s\\S]*", "");
            if (!metric.equals(last)) {
                text.append("# TYPE ").append(metric).append(" counter\n");
            }
            last = metric;
            text.append(counter.getKey()).append(' ').append(counter.getValue().sum()).append('\n');
        }
        transfers(text, "kindling_transfers_started_total", "counter", all -> all.started.sum());
        transfers(text, "kindling_transfers_done_total", "counter", all -> all.done.sum());
        transfers(text, "kindling_transfers_failed_total", "counter", all -> all.failed.sum());
        transfers(text, "kindling_transfer_bytes_total", "counter", all -> all.bytes.sum());
        transfers(text, "kindling_transfers_active", "gauge",
                all -> Math.max(0, all.started.sum() - all.done.sum() - all.failed.sum()));
        durations(text);
        pools(text);
        stages(text);
        Runtime runtime = Runtime.getRuntime();
        gauge(text, "kindling_heap_used_bytes", runtime.totalMemory() - runtime.freeMemory());
        gauge(text, "kindling_heap_max_bytes", runtime.maxMemory());
        gauge(text, "process_resident_memory_bytes", resident());
        return text.toString();
    }

    private interface Value {
        long of(Transfers all);
    }

    private void transfers(StringBuilder text, String metric, String type, Value value) {
        text.append("# TYPE ").append(metric).append(' ').append(type).append('\n');
        new TreeMap<>(transfers).forEach((protocol, all) -> text
                .append(name(metric, "protocol", protocol.name().toLowerCase(Locale.ROOT))).append(' ')
                .append(value.of(all)).append('\n'));
    }

    private void durations(StringBuilder text) {
        String metric = "kindling_transfer_seconds";
        text.append("# TYPE ").append(metric).append(" histogram\n");
        new TreeMap<>(transfers).forEach((protocol, all) -> {
            String of = protocol.name().toLowerCase(Locale.ROOT);
            for (int i = 0; i < SECONDS.length; i++) {
                text.append(name(metric + "_bucket", "protocol", of, "le", Double.toString(SECONDS[i]))).append(' ')
                        .append(all.buckets[i].sum()).append('\n');
            }
            text.append(name(metric + "_bucket", "protocol", of, "le", "+Inf")).append(' ').append(all.done.sum())
                    .append('\n').append(name(metric + "_sum", "protocol", of)).append(' ')
                    .append(all.millis.sum() / 1000.0).append('\n').append(name(metric + "_count", "protocol", of))
                    .append(' ').append(all.done.sum()).append('\n');
        });
    }

    private void pools(StringBuilder text) {
        List<PoolUse> now = pools.get();
        each(text, "kindling_pool_addresses", now, PoolUse::pool);
        each(text, "kindling_pool_free", now, PoolUse::free);
        each(text, "kindling_leases", now, PoolUse::leased);
        each(text, "kindling_leases_offered", now, PoolUse::offered);
        each(text, "kindling_leases_quarantined", now, PoolUse::quarantined);
    }

    private static void each(StringBuilder text, String metric, List<PoolUse> pools, ToLongFunction<PoolUse> value) {
        text.append("# TYPE ").append(metric).append(" gauge\n");
        pools.forEach(pool -> text.append(name(metric, "network", pool.network())).append(' ')
                .append(value.applyAsLong(pool)).append('\n'));
    }

    /** All stages, so that a graph of one begins with 0. */
    private void stages(StringBuilder text) {
        var counts = new EnumMap<BootProgress.Stage, Integer>(BootProgress.Stage.class);
        machines.get().forEach(machine -> counts.merge(machine.stage(), 1, Integer::sum));
        text.append("# TYPE kindling_machines gauge\n");
        for (BootProgress.Stage stage : BootProgress.Stage.values()) {
            text.append(name("kindling_machines", "stage", stage.name().toLowerCase(Locale.ROOT))).append(' ')
                    .append(counts.getOrDefault(stage, 0)).append('\n');
        }
    }

    private static void gauge(StringBuilder text, String metric, long value) {
        text.append("# TYPE ").append(metric).append(" gauge\n").append(metric).append(' ').append(value).append('\n');
    }

    private static long resident() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).findFirst().orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public Answer answer(Client client) {
        return new Answer.Ignore("metrics only");
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        return fetch.path().equals("metrics")
                ? Optional.of(new BootFile.Bytes(text().getBytes(StandardCharsets.UTF_8), CONTENT_TYPE))
                : Optional.empty();
    }
}
