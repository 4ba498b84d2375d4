package dev.kindling.tui.cli;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.RunResult;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.text.PlanText;
import dev.kindling.tui.text.ProblemText;
import dev.kindling.tui.text.StatusText;
import dev.kindling.tui.text.Text;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The way of {@code up} and {@code demo}: check, plan, show, ask, apply, follow, tell how it ended. */
final class Run {
    /** How long events may lag behind the end of the run that they tell of. */
    private static final Duration LAG = Duration.ofSeconds(5);
    private final Cli cli;
    private final Kindling kindling;

    Run(Cli cli, Kindling kindling) {
        this.cli = cli;
        this.kindling = kindling;
    }

    /**
     * What the user chose.
     *
     * @param yes no question is asked
     * @param onlyPlan run only if the plan still has this id; null: whatever the plan is
     * @param resume the command that goes on with a run that was cancelled
     */
    record Choices(Kindling.ApplyOptions options, boolean yes, @Nullable String onlyPlan, String resume) {}

    /** How it ended, for programs. */
    record Result(String cluster, @Nullable String run, Event.Outcome outcome, List<Problem> problems,
            List<String> notices, List<String> reports) {}

    int of(Validation validation, Choices choices) throws InterruptedException {
        if (!validation.ok()) {
            return cli.refuse(validation);
        }
        cli.warn(validation);
        Plan plan = kindling.plan(validation);
        if (choices.onlyPlan() != null && !choices.onlyPlan().equals(plan.id())) {
            throw Refusal.failed("the plan has changed: it is now " + plan.id() + ", not " + choices.onlyPlan(),
                    "look at it again: kindling plan " + validation.source());
        }
        return of(plan, choices);
    }

    /** The same, from a plan that was made before. */
    int of(Plan plan, Choices choices) throws InterruptedException {
        cli.remark(PlanText.of(plan, cli.ansi()));
        if (plan.pending() == 0) {
            cli.remark("Nothing to do: every action of the plan is done.");
            cli.json(new Result(plan.cluster().name(), null, Event.Outcome.DONE, List.of(), plan.notices(),
                    reports(plan.cluster().name())));
            return ExitCode.DONE;
        }
        if (!choices.yes()) {
            confirm(plan);
        }
        return apply(plan, choices);
    }

    private void confirm(Plan plan) {
        List<Plan.Action> destructive = PlanText.destructiveOnRealMachines(plan);
        if (destructive.isEmpty()) {
            return;
        }
        String name = plan.cluster().name();
        String what = Text.count(destructive.size(), "action") + " can destroy data on real machines";
        if (!cli.world().terminal() || cli.json) {
            throw Refusal.badUse(what + ", and there is no terminal to ask at",
                    "look at the plan, then give --yes");
        }
        cli.say(what + ":\n");
        destructive.forEach(action -> cli.say("  " + Text.clean(action.title())
                + action.diskTarget().map(disk -> "  (" + PlanText.disk(disk) + ")").orElse("") + "\n"));
        cli.say("Type the name of the cluster to go on: ");
        if (!name.equals(answer(cli))) {
            throw Refusal.badUse("not confirmed; nothing was done", "");
        }
    }

    /** A line that the user types; empty at the end of input. */
    static String answer(Cli cli) {
        try {
            String line = new BufferedReader(new InputStreamReader(cli.world().in(), StandardCharsets.UTF_8))
                    .readLine();
            return line == null ? "" : line.strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int apply(Plan plan, Choices choices) throws InterruptedException {
        String cluster = plan.cluster().name();
        long before = kindling.status(cluster).map(ClusterStatus::lastSeq).orElse(0L);
        Kindling.Started started = kindling.apply(plan, choices.options());
        if (started.run().isEmpty()) {
            cli.remark(ProblemText.of(cluster, "", started.problems(), cli.ansi()));
            cli.json(new Result(cluster, null, Event.Outcome.FAILED, started.problems(), plan.notices(), List.of()));
            return ExitCode.FAILED;
        }
        RunResult result = follow(cluster, started.run().get(), before, choices.resume());
        tell(plan, result, choices.resume());
        cli.json(new Result(cluster, result.run(), result.outcome(), result.problems(), plan.notices(),
                reports(cluster)));
        return switch (result.outcome()) {
            case DONE -> ExitCode.DONE;
            case FAILED -> ExitCode.FAILED;
            case CANCELLED -> ExitCode.CANCELLED;
        };
    }

    private RunResult follow(String cluster, String run, long after, String resume) throws InterruptedException {
        CountDownLatch told = new CountDownLatch(1);
        try (Progress progress = progress(cluster);
                Interrupts.Registration _ = cli.world().interrupts().on(() -> {
                    progress.note("Cancelling: the run stops at the next safe point; " + resume
                            + " goes on with it. Ctrl-C again leaves at once, and it stops by itself.");
                    kindling.cancel(run);
                });
                Kindling.Subscription _ = kindling.events(cluster, after, recorded -> {
                    progress.event(recorded);
                    if (recorded.event() instanceof Event.RunEnded && recorded.run().equals(run)) {
                        told.countDown();
                    }
                })) {
            RunResult result = kindling.await(run);
            told.await(LAG.toMillis(), TimeUnit.MILLISECONDS);
            return result;
        }
    }

    private Progress progress(String cluster) {
        if (cli.quiet) {
            return Progress.quiet(line -> cli.world().err().println(line));
        }
        if (cli.canRedraw() && !cli.json) {
            var last = new AtomicReference<Optional<ClusterStatus>>(Optional.empty());
            return new LiveProgress(cli.world().out(), () -> last.updateAndGet(before -> {
                try {
                    return kindling.status(cluster);
                } catch (ConnectionFailed e) {
                    // the server may come again; the picture stays
                    return before;
                }
            }), cli.world().clock(),
                    cli.world().columns(), cli.ansi(), cli::unicode).start();
        }
        return new PlainProgress(cli::remark, cli.ansi());
    }

    private void tell(Plan plan, RunResult result, String resume) {
        String cluster = plan.cluster().name();
        cli.tell("\n" + PlanText.notices(plan.notices(), cli.ansi()));
        Optional<ClusterStatus> status = kindling.status(cluster);
        String took = status.map(Run::took).orElse("");
        switch (result.outcome()) {
            case DONE -> {
                cli.say(cli.ansi().green("Done") + took + ": cluster " + cluster
                        + status.map(s -> " is " + StatusText.state(s.state(), cli.ansi())).orElse("") + ".\n");
                if (plan.notices().stream().noneMatch(notice -> notice.startsWith("STAND-IN"))) {
                    cli.tell("Kubeconfig: " + Commands.withWorkspace("kindling secrets get " + cluster
                            + "/kubeconfig --yes-show > kubeconfig", cli) + "\n");
                }
            }
            case FAILED -> {
                cli.say(ProblemText.of(cluster, "", result.problems(), cli.ansi()));
                cli.say(cli.ansi().red("Failed") + took + ". " + resume + " tries again from where it stopped.\n");
            }
            case CANCELLED -> cli.say("Cancelled" + took + ". " + resume + " goes on from where it stopped.\n");
        }
        reports(cluster).forEach(file -> cli.say("Report: " + file + "\n"));
    }

    private List<String> reports(String cluster) {
        return kindling.report(cluster).map(report -> report.files().stream().map(Path::toString).toList())
                .orElse(List.of());
    }

    private static String took(ClusterStatus status) {
        Instant started = status.startedAt();
        Instant ended = status.endedAt();
        return started == null || ended == null ? "" : " in " + Text.elapsed(Duration.between(started, ended));
    }
}
