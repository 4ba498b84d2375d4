package dev.kindling.tui.cli;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.text.Text;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling pause | resume | cancel}: asks the run of a cluster for something and waits until it says so. */
abstract sealed class ControlCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "CLUSTER", description = "of the workspace; not needed where there is one")
    @Nullable
    String cluster;

    private final BiConsumer<Kindling, String> request;
    private final Predicate<Event> answer;
    private final String done;

    /**
     * @param answer tells that the run has done what it was asked for
     * @param done what is so then, after the cluster's name
     */
    private ControlCommand(BiConsumer<Kindling, String> request, Predicate<Event> answer, String done) {
        this.request = request;
        this.answer = answer;
        this.done = done;
    }

    /** {@code kindling pause}. */
    @Command(name = "pause", description = {"No further step of a cluster's run starts, until resumed.",
            "Steps at work go on. A pause outlives the run's process."})
    static final class Pause extends ControlCommand {
        Pause() {
            super(Kindling::pause, Event.RunPaused.class::isInstance,
                    "is paused: no further step starts; kindling resume goes on");
        }
    }

    /** {@code kindling resume}. */
    @Command(name = "resume", description = "Ends the pause of a cluster's run.")
    static final class Resume extends ControlCommand {
        Resume() {
            super(Kindling::resume, Event.RunContinued.class::isInstance, "is not paused any more");
        }
    }

    /** {@code kindling cancel}. */
    @Command(name = "cancel", description = {"Stops a cluster's run at the next safe point.",
            "kindling up goes on from there."})
    static final class Cancel extends ControlCommand {
        Cancel() {
            super(Kindling::cancel, Event.RunEnded.class::isInstance, "is not worked on any more; kindling up goes on");
        }
    }

    /** What was done, for programs. */
    record Result(String cluster, String run, boolean done) {}

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            ClusterStatus status = cli.cluster(kindling, cluster);
            String run = status.run();
            if (run == null || status.endedAt() != null) {
                throw Refusal.badUse("no run of cluster " + status.name() + " is at work",
                        "kindling status " + status.name() + " tells how it is; kindling up starts a run");
            }
            CountDownLatch answered = new CountDownLatch(1);
            try (Kindling.Subscription _ = kindling.events(status.name(), status.lastSeq(), recorded -> {
                if (recorded.run().equals(run) && answer.test(recorded.event())) {
                    answered.countDown();
                }
            })) {
                request.accept(kindling, run);
                boolean heard = answered.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
                cli.json(new Result(status.name(), run, heard));
                cli.say(heard
                        ? "Cluster " + status.name() + " " + done + ".\n"
                        : "Asked, and not heard within " + Text.elapsed(PATIENCE)
                                + "; the run may be busy, or its process gone: kindling status " + status.name()
                                + ".\n");
                return heard ? ExitCode.DONE : ExitCode.FAILED;
            }
        }
    }
}
