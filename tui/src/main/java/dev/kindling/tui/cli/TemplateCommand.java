package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Template;
import dev.kindling.engine.api.Validation;
import dev.kindling.tui.cli.OutputFile.Existing;
import dev.kindling.tui.text.ProblemText;
import dev.kindling.tui.text.TemplateText;
import dev.kindling.tui.text.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kindling template}. */
@Command(name = "template", description = "Definitions with gaps: lists, shows, fills, tests and makes them.", subcommands = {
        TemplateCommand.ListCommand.class, TemplateCommand.ShowCommand.class, TemplateCommand.RenderCommand.class,
        TemplateCommand.TestCommand.class, TemplateCommand.NewCommand.class})
final class TemplateCommand extends CommandGroup {
    private static Cli cli(@Nullable TemplateCommand parent) {
        return Objects.requireNonNull(parent).cli();
    }

    /** {@code NAME=VALUE} as picocli reads it, with the words for everyone who gives parameters. */
    static final class Given {
        @Option(names = "--set", paramLabel = "NAME=VALUE", description = "value of a parameter; lists with commas, machines as MAC@ADDRESS/SERIAL; repeatable")
        Map<String, String> values = new LinkedHashMap<>();
    }

    /** {@code kindling template list}. */
    @Command(name = "list", description = "The templates, ready-made ones and yours.")
    static final class ListCommand implements Callable<Integer> {
        @ParentCommand
        @Nullable
        TemplateCommand parent;

        @Override
        public Integer call() {
            Cli cli = cli(parent);
            try (Kindling kindling = cli.open()) {
                List<Template> templates = kindling.templates();
                cli.json(templates);
                cli.say(TemplateText.list(templates));
                return ExitCode.DONE;
            }
        }
    }

    /** {@code kindling template show}. */
    @Command(name = "show", description = "What a template is for, and its parameters.")
    static final class ShowCommand implements Callable<Integer> {
        @ParentCommand
        @Nullable
        TemplateCommand parent;

        @Parameters(paramLabel = "NAME", description = "name, or name@version")
        @Nullable
        String name;

        @Option(names = "--source", description = "the template as it was written")
        boolean source;

        @Override
        public Integer call() {
            Cli cli = cli(parent);
            try (Kindling kindling = cli.open()) {
                Template template = template(kindling, Objects.requireNonNull(name));
                cli.json(template);
                if (source) {
                    cli.say(template.source());
                } else {
                    cli.say(TemplateText.of(template));
                    if (!template.problems().isEmpty()) {
                        cli.say(ProblemText.of(template.origin(), template.source(), template.problems(),
                                cli.ansi()));
                    }
                }
                return ExitCode.DONE;
            }
        }
    }

    /** {@code kindling template render}. */
    @Command(name = "render", description = "Fills a template's gaps: writes a definition.")
    static final class RenderCommand implements Callable<Integer> {
        @ParentCommand
        @Nullable
        TemplateCommand parent;

        @Parameters(paramLabel = "NAME", description = "name, or name@version")
        @Nullable
        String name;

        @CommandLine.Mixin
        Given given = new Given();

        @Option(names = {"-o",
                "--output"}, paramLabel = "FILE", description = "where the definition goes (default: standard output)")
        @Nullable
        String output;

        @Option(names = "--force", description = "overwrite FILE")
        boolean force;

        @Override
        public Integer call() {
            Cli cli = cli(parent);
            try (Kindling kindling = cli.open()) {
                return render(cli, kindling.render(Objects.requireNonNull(name), given.values), output, force);
            }
        }
    }

    /** A rendered definition for programs. */
    record Rendered(@Nullable String file, String definition) {}

    /** Shows what is wrong, or hands the definition out. A definition with errors is not written. */
    static int render(Cli cli, Validation rendered, @Nullable String output, boolean force) {
        if (!rendered.ok()) {
            return cli.refuse(rendered);
        }
        cli.warn(rendered);
        cli.json(new Rendered(output, rendered.text()));
        if (output == null) {
            cli.say(rendered.text());
        } else {
            OutputFile.write(cli, output, rendered.text(), force ? Existing.REPLACED : Existing.KEPT);
            cli.say("Wrote " + output + ". Next: kindling validate " + output + ", kindling plan " + output + "\n");
        }
        return ExitCode.DONE;
    }

    /** {@code kindling template test}. */
    @Command(name = "test", description = "Renders templates as their own tests say, and compares.")
    static final class TestCommand implements Callable<Integer> {
        @ParentCommand
        @Nullable
        TemplateCommand parent;

        @Parameters(arity = "0..1", paramLabel = "NAME", description = "name, or name@version (default: all)")
        @Nullable
        String name;

        /** Outcome of one template, for programs. */
        record Result(String template, boolean passed, List<Template.Test> tests) {}

        @Override
        public Integer call() {
            Cli cli = cli(parent);
            try (Kindling kindling = cli.open()) {
                List<Template> templates = name == null
                        ? kindling.templates()
                        : List.of(template(kindling, name));
                List<Result> results = new ArrayList<>();
                for (Template template : templates) {
                    List<Template.Test> tests = template.usable()
                            ? kindling.testTemplate(template.reference())
                            : List.of(new Template.Test("it can be read", false, template.origin() + " has problems",
                                    template.problems()));
                    boolean passed = tests.stream().allMatch(Template.Test::passed);
                    results.add(new Result(template.reference(), passed, tests));
                    cli.say(TemplateText.tests(template.reference(), tests, cli.ansi()));
                }
                cli.json(results);
                long failed = results.stream().flatMap(result -> result.tests().stream())
                        .filter(test -> !test.passed()).count();
                long all = results.stream().mapToLong(result -> result.tests().size()).sum();
                cli.tell(Text.count(all, "test") + ", " + failed + " failed\n");
                return failed == 0 ? ExitCode.DONE : ExitCode.FAILED;
            }
        }
    }

    /** {@code kindling template new}. */
    @Command(name = "new", description = "Writes a commented template to start from, into the workspace's templates.")
    static final class NewCommand implements Callable<Integer> {
        @ParentCommand
        @Nullable
        TemplateCommand parent;

        @Parameters(paramLabel = "NAME", description = "lower-case letters, digits and dashes")
        @Nullable
        String name;

        @Option(names = "--extends", paramLabel = "NAME", defaultValue = "ha", description = "what it adds to (default: ${DEFAULT-VALUE})")
        String base = "ha";

        /** What was written, for programs. */
        record Written(String file) {}

        @Override
        public Integer call() throws IOException {
            Cli cli = cli(parent);
            String wanted = Objects.requireNonNull(name);
            if (!wanted.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
                throw Refusal.badUse("'" + wanted + "' is no name for a template",
                        "use lower-case letters, digits and dashes");
            }
            try (Kindling kindling = cli.openToRun()) {
                Template extended = template(kindling, base);
                Path directory = cli.workspaceDirectory().resolve("templates");
                Files.createDirectories(directory);
                Path file = directory.resolve(wanted + ".yaml");
                String text;
                try (InputStream in = Objects
                        .requireNonNull(TemplateCommand.class.getResourceAsStream("template.yaml"))) {
                    text = new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("@NAME@", wanted)
                            .replace("@EXTENDED@", extended.reference());
                }
                OutputFile.write(cli, file.toString(), text, Existing.KEPT);
                cli.json(new Written(file.toString()));
                cli.say("Wrote " + file + ". Next: kindling template test " + wanted + "\n");
                return ExitCode.DONE;
            }
        }
    }

    /** A template by its name or reference, the newest version of a name. */
    static Template template(Kindling kindling, String name) {
        List<Template> templates = kindling.templates();
        return templates.stream().filter(each -> each.reference().equals(name) || each.name().equals(name))
                .reduce((_, last) -> last)
                .orElseThrow(() -> Refusal.badUse("there is no template " + name,
                        "one of " + String.join(", ", templates.stream().map(Template::name).distinct().toList())));
    }
}
