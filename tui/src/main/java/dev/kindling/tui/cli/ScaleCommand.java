package dev.kindling.tui.cli;

import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.Edited;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.model.Cluster;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Parameters;

/** {@code kindling scale}. */
@Command(name = "scale", description = {"Changes how many machines a pool has, and brings the cluster there.",
        "Writes the count into FILE, whose comments stay, or changes the definition of the workspace's cluster;"
                + " then as kindling up."})
final class ScaleCommand implements Callable<Integer> {
    private static final Pattern WISH = Pattern.compile("([a-z0-9-]+)=(\\d{1,5})");

    @ParentCommand
    @Nullable
    Cli parent;

    @Parameters(arity = "1..*", paramLabel = "[FILE|CLUSTER] POOL=N", description = "definition or cluster of the workspace (not needed where there is one), and how many machines which pool shall have")
    List<String> words = List.of();

    @Option(names = "--environment", paramLabel = "NAME", description = "which of FILE's environments")
    @Nullable
    String environment;

    @Mixin
    RunWishes run = new RunWishes();

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        List<String> wishes = words.stream().filter(word -> word.contains("=")).toList();
        List<String> others = words.stream().filter(word -> !word.contains("=")).toList();
        if (wishes.isEmpty() || others.size() > 1) {
            throw Refusal.badUse("it is not said which pool shall have how many machines",
                    "kindling scale cluster.yaml workers=5");
        }
        String other = others.isEmpty() ? null : others.getFirst();
        Path file = other == null ? null : cli.world().directory().resolve(other);
        boolean isFile = file != null && Files.isRegularFile(file);
        if (!isFile && other != null && other.contains(".")) {
            // no cluster has a dot in its name
            throw Refusal.badUse("there is no file " + other, "kindling status lists the clusters of the workspace");
        }
        String resume = Commands.withWorkspace("kindling up", cli);
        try (Kindling kindling = cli.openToRun()) {
            Validation before = cli.definition(kindling, isFile ? other : null, isFile ? null : other, environment);
            Validation after = before;
            for (String wish : wishes) {
                after = scaled(kindling, after, wish);
            }
            if (!after.ok()) {
                return cli.refuse(after);
            }
            var choices = new Run.Choices(run.options(), run.yes, null, resume);
            return file == null || !isFile
                    ? new Run(cli, kindling).of(after, choices)
                    : written(cli, kindling, file, after, choices);
        }
    }

    private static Validation scaled(Kindling kindling, Validation now, String wish) {
        Matcher matcher = WISH.matcher(wish);
        if (!matcher.matches()) {
            throw Refusal.badUse("'" + wish + "' is not POOL=N", "kindling scale cluster.yaml workers=5");
        }
        if (!now.ok()) {
            return now;
        }
        Edited edited = kindling.scale(now.source(), now.text(), matcher.group(1),
                Integer.parseInt(matcher.group(2)));
        return edited.validation();
    }

    /** The file says what the run is about; where nothing was started, it is as it was. */
    private int written(Cli cli, Kindling kindling, Path file, Validation after, Run.Choices choices)
            throws InterruptedException {
        String original = cli.read(file.toString());
        write(cli, file, environment == null ? after.text() : withoutChoice(kindling, original, after.text()));
        try {
            return new Run(cli, kindling).of(after, choices);
        } catch (Refusal e) {
            write(cli, file, original);
            throw e;
        }
    }

    /** The environment is this command's choice, and none of the file's. */
    private static String withoutChoice(Kindling kindling, String original, String text) {
        Cluster cluster = kindling.validate("original", original).cluster();
        Edit back = cluster == null || cluster.environment().isEmpty()
                ? Edit.remove("environment")
                : Edit.text("environment", cluster.environment());
        return kindling.edit("scaled", text, List.of(back)).text();
    }

    private static void write(Cli cli, Path file, String text) {
        OutputFile.write(cli, file.toString(), text, OutputFile.Existing.REPLACED);
    }
}
