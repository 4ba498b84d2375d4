package dev.kindling.tui.cli;

import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.text.PlanText;
import dev.kindling.tui.text.ProblemText;
import dev.kindling.tui.text.Text;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling rehearse}. */
@Command(name = "rehearse", description = {"Runs the plan on simulated machines, and touches nothing real.",
        "As many machines as the definition has, with their names, MAC addresses and disks, all of them bare."})
final class RehearseCommand implements Callable<Integer> {
    private static final String LABEL = "REHEARSAL: every machine is a program on the loopback interface of this computer;"
            + " nothing real is switched on, written or served";

    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "definition; - is standard input; none: the definition of the workspace's cluster")
    @Nullable
    String file;

    @Option(names = "--cluster", paramLabel = "NAME", description = "without FILE: which cluster of the workspace")
    @Nullable
    String cluster;

    @Mixin
    Randomness randomness = new Randomness();

    /** How it went, for programs. */
    record Result(boolean rehearsal, String cluster, int machines, Event.Outcome outcome, double tookSeconds,
            long estimateSeconds, int ready, int retries, List<Stuck> stuck, List<Problem> problems,
            List<String> notices) {}

    /** A machine that made no progress for a while. */
    record Stuck(String machine, String reason) {}

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        Kindling.RehearsalOptions options = randomness.rehearsal();
        try (Kindling kindling = cli.open()) {
            Validation validation = cli.definition(kindling, file, cluster);
            if (!validation.ok()) {
                return cli.refuse(validation);
            }
            cli.warn(validation);
            Plan plan = kindling.plan(validation);
            cli.remark(PlanText.notices(List.of(LABEL), cli.ansi()).stripTrailing());
            return tell(cli, plan, rehearse(cli, kindling, plan, options));
        }
    }

    private record Ran(Kindling.@Nullable Rehearsal rehearsal, RehearsalProgress progress) {}

    private static Ran rehearse(Cli cli, Kindling kindling, Plan plan, Kindling.RehearsalOptions options)
            throws InterruptedException {
        Thread self = Thread.currentThread();
        try (var progress = new RehearsalProgress(cli, plan).start();
                Interrupts.Registration _ = cli.world().interrupts().on(self::interrupt)) {
            try {
                return new Ran(kindling.rehearse(plan, options, progress::event), progress);
            } catch (InterruptedException e) {
                return new Ran(null, progress);
            }
        }
    }

    private static int tell(Cli cli, Plan plan, Ran ran) {
        Kindling.Rehearsal rehearsal = ran.rehearsal();
        String name = plan.cluster().name();
        if (rehearsal == null) {
            cli.say("The rehearsal was cancelled; nothing is left of it.\n");
            return ExitCode.CANCELLED;
        }
        RehearsalProgress seen = ran.progress();
        int machines = plan.cluster().machines().size();
        Event.Outcome outcome = rehearsal.result().outcome();
        double took = rehearsal.took().toMillis() / 1000.0;
        if (outcome != Event.Outcome.DONE) {
            cli.say(ProblemText.of(name, "", rehearsal.result().problems(), cli.ansi()));
        }
        cli.say((outcome == Event.Outcome.DONE ? cli.ansi().green("Rehearsed") : cli.ansi().red("The rehearsal failed"))
                + ": " + seen.ready() + " of " + Text.count(machines, "simulated machine") + " of " + name
                + " became ready in " + String.format(java.util.Locale.ROOT, "%.1f s", took) + ", "
                + (seen.retries() == 1 ? "1 retry" : seen.retries() + " retries") + ", " + seen.stuck().size()
                + " stuck for a while.\n"
                + (plan.pending() == 0
                        ? "On the machines of the definition there is nothing left to do.\n"
                        : "The machines of the definition would take about " + Text.estimate(rehearsal.estimate())
                                + ", by usual times per step: no machine was asked.\n"));
        cli.json(new Result(true, name, machines, outcome, took, rehearsal.estimate().toSeconds(), seen.ready(),
                seen.retries(), seen.stuck(), rehearsal.result().problems(), List.of(LABEL)));
        return outcome == Event.Outcome.DONE ? ExitCode.DONE : ExitCode.FAILED;
    }
}
