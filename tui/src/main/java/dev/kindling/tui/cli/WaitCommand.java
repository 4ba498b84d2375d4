package dev.kindling.tui.cli;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.State;
import dev.kindling.engine.api.Condition;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.text.Text;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling wait}. */
@Command(name = "wait", description = {"Waits until a cluster is in a state, or a condition of it is true.",
        "Ends with 1 at the time-out, and at once where it cannot come to it by itself."})
final class WaitCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "of the workspace; not needed where there is one")
    @Nullable
    String cluster;

    @Option(names = "--for", paramLabel = "WHAT", defaultValue = "READY", description = "a state (READY, DELETED, ...) or a condition (NODES_READY, ...) (default: ${DEFAULT-VALUE})")
    String wanted = "READY";

    @Option(names = "--timeout", paramLabel = "TIME", defaultValue = "30m", description = "such as 90s, 30m or 2h (default: ${DEFAULT-VALUE})")
    String timeout = "30m";

    /** How it stands, for programs. */
    record Result(String cluster, String waitedFor, boolean reached, State state, String reason) {}

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        Predicate<ClusterStatus> reached = wanted(wanted.toUpperCase(Locale.ROOT).replace('-', '_'));
        Instant deadline = cli.world().clock().instant().plus(Commands.duration("--timeout", timeout));
        try (Kindling kindling = cli.open()) {
            ClusterStatus status = cli.cluster(kindling, cluster);
            var news = new Semaphore(0);
            try (Kindling.Subscription _ = kindling.events(status.name(), status.lastSeq(), _ -> news.release())) {
                cli.tell("Waiting for " + status.name() + " to be " + wanted + ": it is " + status.state() + ", "
                        + status.reason() + ".\n");
                while (!reached.test(status)) {
                    Optional<String> never = never(status, deadline, cli.world().clock().instant());
                    if (never.isPresent()) {
                        return told(cli, status, false, never.get());
                    }
                    if (news.tryAcquire(1, TimeUnit.SECONDS)) {
                        news.drainPermits();
                    }
                    status = kindling.status(status.name()).orElse(status);
                }
                return told(cli, status, true, "is " + wanted);
            }
        }
    }

    private static Predicate<ClusterStatus> wanted(String word) {
        for (State state : State.values()) {
            if (state.name().equals(word)) {
                return status -> status.state() == state;
            }
        }
        for (Condition.Type type : Condition.Type.values()) {
            if (type.name().equals(word)) {
                return status -> status.conditions().stream().anyMatch(
                        condition -> condition.type() == type && condition.status() == Condition.Status.TRUE);
            }
        }
        throw Refusal.badUse("--for " + word + ": there is no such state or condition",
                "one of " + Stream.concat(Stream.of(State.values()), Stream.of(Condition.Type.values()))
                        .map(Enum::name).collect(Collectors.joining(", ")));
    }

    /** Why no more waiting helps. */
    private Optional<String> never(ClusterStatus status, Instant deadline, Instant now) {
        if (!now.isBefore(deadline)) {
            return Optional.of("was not " + wanted + " in " + timeout + ": it is " + status.state() + " since "
                    + Text.elapsed(Duration.between(status.since(), now)) + ", " + status.reason());
        }
        return switch (status.state()) {
            case FAILED, DELETED -> Optional.of("does not become " + wanted + " by itself: it is " + status.state()
                    + ", " + status.reason());
            case DEFINED, PROGRESSING, READY, DEGRADED, DELETING -> Optional.empty();
        };
    }

    private int told(Cli cli, ClusterStatus status, boolean reached, String how) {
        cli.json(new Result(status.name(), wanted, reached, status.state(), status.reason()));
        cli.say("Cluster " + status.name() + " " + how + ".\n");
        return reached ? ExitCode.DONE : ExitCode.FAILED;
    }
}
