package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.text.PlanText;
import dev.kindling.tui.text.ProblemText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling plan}. */
@Command(name = "plan", description = "Shows everything that a run would do, and starts nothing.")
final class PlanCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "definition; - is standard input; none: the definition of the workspace's cluster")
    @Nullable
    String file;

    @Option(names = "--environment", paramLabel = "NAME", description = "which of the definition's environments")
    @Nullable
    String environment;

    @Option(names = "--cluster", paramLabel = "NAME", description = "without FILE: which cluster of the workspace")
    @Nullable
    String cluster;

    @Option(names = "--detailed-exitcode", description = "exit with 0: nothing to do, 1: error, 2: there is something to do")
    boolean detailed;

    @Option(names = {"-o",
            "--out"}, paramLabel = "PLANFILE", description = "also write the plan there, for kindling apply")
    @Nullable
    String out;

    @Option(names = "--html", paramLabel = "PAGE", description = "also write it there as a page for a browser")
    @Nullable
    String html;

    @ArgGroup
    @Nullable
    Graph graph;

    @Option(names = "--all", description = "list the machines with nothing to do, too, where there are many")
    boolean all;

    /** Instead of the list. */
    static final class Graph {
        @Option(names = "--dot", description = "instead of the list: the graph, for Graphviz")
        boolean dot;

        @Option(names = "--mermaid", description = "instead of the list: the graph, for Mermaid")
        boolean mermaid;

        Plan.Picture picture() {
            return dot ? Plan.Picture.DOT : Plan.Picture.MERMAID;
        }
    }

    /** A plan for programs. */
    record Result(String id, String cluster, long pending, long destructive, long estimateSeconds,
            List<String> notices, List<Action> actions, List<Plan.Leftover> leftovers) {
        static Result of(Plan plan) {
            return new Result(plan.id(), plan.cluster().name(), plan.pending(), plan.destructive(),
                    plan.estimate().toSeconds(), plan.notices(), plan.actions().stream().map(Action::of).toList(),
                    plan.leftovers());
        }
    }

    /** An action for programs. */
    record Action(String id, String title, @Nullable String machine, Plan.@Nullable DiskTarget disk, String before,
            String after, boolean destructive, List<String> dependsOn, boolean done, long estimateSeconds) {
        static Action of(Plan.Action action) {
            return new Action(action.id(), action.title(), action.machine(), action.disk(), action.before(),
                    action.after(), action.destructive(), action.dependsOn(), action.done(),
                    action.estimate().toSeconds());
        }
    }

    @Override
    public Integer call() {
        if (!detailed) {
            return show(ExitCode.DONE);
        }
        try {
            int code = show(ExitCode.CHANGES);
            return code == ExitCode.BAD_USE && !shown ? ExitCode.FAILED : code;
        } catch (Refusal e) {
            // so that 2 says one thing only
            throw Refusal.failed(e.sentence(), e.remedy());
        }
    }

    private boolean shown;

    private int show(int changes) {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            Validation validation = cli.definition(kindling, file, cluster, environment);
            if (!validation.ok()) {
                return ValidateCommand.show(cli, validation);
            }
            if (!validation.problems().isEmpty()) {
                cli.remark(ProblemText.of(validation.source(), validation.text(), validation.problems(), cli.ansi()),
                        graph != null);
            }
            Plan plan = kindling.plan(validation);
            if (out != null) {
                write(cli, out, kindling.export(plan));
            }
            if (html != null) {
                write(cli, html, kindling.picture(plan, Plan.Picture.HTML));
            }
            if (graph != null) {
                cli.say(kindling.picture(plan, graph.picture()));
            } else {
                cli.say(PlanText.of(plan, all, cli.ansi()));
                if (out != null) {
                    cli.tell("\n" + Commands.withWorkspace("kindling apply " + out, cli) + " does exactly this.\n");
                }
            }
            cli.json(Result.of(plan));
            shown = true;
            return plan.pending() > 0 ? changes : ExitCode.DONE;
        }
    }

    /** A definition may hold what is nobody else's business: only the user may read the file. Whole, or not at all. */
    private static void write(Cli cli, String name, String text) {
        Path file = cli.world().directory().resolve(name);
        Path aside = file.resolveSibling("." + file.getFileName() + ".new");
        try {
            Files.deleteIfExists(aside);
            Files.createFile(aside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(aside, text);
            Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw Refusal.badUse("cannot write " + name + ": " + (e.getMessage() == null ? e : e.getMessage()),
                    "name a file in a directory that you may write to");
        }
    }
}
