package dev.kindling.tui.cli;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Edit;
import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Validation;
import dev.kindling.engine.http.HttpKindling;
import dev.kindling.tui.Version;
import dev.kindling.tui.iso.IsoCommand;
import dev.kindling.tui.primer.PrimerCommand;
import dev.kindling.tui.pxe.PxeCommand;
import dev.kindling.tui.text.Ansi;
import dev.kindling.tui.text.Ascii;
import dev.kindling.tui.text.ProblemText;
import dev.kindling.tui.text.Reason;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code kindling}: the options that every subcommand has, and what subcommands share. */
@Command(name = "kindling", description = "Turns bare machines into a running Kubernetes cluster.", exitCodeListHeading = "%nExit codes:%n", exitCodeList = {
        "0:done",
        "1:it was tried and failed",
        "2:the command or the definition is wrong, nothing was done; plan --detailed-exitcode: there is something to do (and 1 for every error)",
        "130:cancelled by Ctrl-C"}, footerHeading = "%n", footer = {
                "Start with: kindling demo --simulated"})
public final class Cli implements Runnable {
    private static final List<String> WITHOUT_WORKSPACE = List.of("pxe", "iso", "primer", "completion", "schema");
    private static final Set<String> OF_WORKSPACES = Set.of("--workspace", "--state", "--connect", "--token-file",
            "--cacert", "--fingerprint");

    private final Surroundings world;

    @Option(names = "--workspace", paramLabel = "DIR", scope = ScopeType.INHERIT, description = "where journal, reports and boot files are kept (default: $KINDLING_WORKSPACE, else ./.kindling)")
    @Nullable
    Path workspace;

    @Option(names = "--connect", paramLabel = "URL", scope = ScopeType.INHERIT, description = "use the engine of a server (kindling serve), by its address, by unix:/PATH of its socket, or by unix for the socket in the workspace (default: $KINDLING_CONNECT, else the engine of this command)")
    @Nullable
    String connect;

    @Option(names = "--token-file", paramLabel = "FILE", scope = ScopeType.INHERIT, description = "token of the server (default: $KINDLING_TOKEN_FILE, else api-token in the workspace; a socket needs none)")
    @Nullable
    Path tokenFile;

    @Option(names = "--cacert", paramLabel = "FILE", scope = ScopeType.INHERIT, description = "PEM certificates that may vouch for the server (also: KINDLING_CACERT)")
    @Nullable
    Path authority;

    @Option(names = "--fingerprint", paramLabel = "SHA256", scope = ScopeType.INHERIT, description = "of the server's own certificate (also: KINDLING_FINGERPRINT)")
    @Nullable
    String fingerprint;

    @Option(names = "--state", paramLabel = "URL", scope = ScopeType.INHERIT, description = "journal and locks in a PostgreSQL database, for several operators: postgresql://USER@HOST/DATABASE (default: $KINDLING_STATE, else a file in the workspace)")
    @Nullable
    String state;

    @Option(names = "--json", scope = ScopeType.INHERIT, description = "one JSON object on standard output; events: one per line")
    boolean json;

    @Option(names = "--no-color", scope = ScopeType.INHERIT, description = "no colours (also: NO_COLOR in the environment)")
    boolean noColor;

    @Option(names = {"-q", "--quiet"}, scope = ScopeType.INHERIT, description = "results and errors only")
    boolean quiet;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "warnings of the log and stack traces on standard error")
    boolean debug;

    @Option(names = {"-h", "--help"}, usageHelp = true, scope = ScopeType.INHERIT, description = "this help")
    boolean help;

    @Option(names = {"-V", "--version"}, versionHelp = true, description = "the version")
    boolean version;

    private Cli(Surroundings world) {
        this.world = world;
    }

    /**
     * Runs a command.
     *
     * @return the exit code
     */
    public static int run(Surroundings world, String... args) {
        Cli cli = new Cli(world);
        PrintStream out = world.out();
        PrintStream err = world.err();
        CommandLine line = commandLine(cli, wanted(args));
        line.setOut(new PrintWriter(out, true, out.charset()));
        line.setErr(new PrintWriter(err, true, err.charset()));
        line.setParameterExceptionHandler((e, arguments) -> {
            // the parser may have stopped before it came to it
            cli.json |= List.of(args).contains("--json");
            cli.complain(Misuse.sentence(e), "kindling " + commandPath(e.getCommandLine()) + "--help");
            return List.of(args).contains("--detailed-exitcode") ? ExitCode.FAILED : ExitCode.BAD_USE;
        });
        line.setExecutionExceptionHandler((e, command, parsed) -> cli.failed(e));
        return line.execute(args);
    }

    /** All commands, in the order of work. The names are here, too: to read one's annotation takes a millisecond. */
    static Map<String, Class<?>> commands() {
        Map<String, Class<?>> all = new LinkedHashMap<>();
        all.put("init", InitCommand.class);
        all.put("template", TemplateCommand.class);
        all.put("import", ImportCommand.class);
        all.put("schema", SchemaCommand.class);
        all.put("validate", ValidateCommand.class);
        all.put("plan", PlanCommand.class);
        all.put("rehearse", RehearseCommand.class);
        all.put("up", UpCommand.class);
        all.put("apply", ApplyCommand.class);
        all.put("scale", ScaleCommand.class);
        all.put("status", StatusCommand.class);
        all.put("events", EventsCommand.class);
        all.put("wait", WaitCommand.class);
        all.put("pause", ControlCommand.Pause.class);
        all.put("resume", ControlCommand.Resume.class);
        all.put("cancel", ControlCommand.Cancel.class);
        all.put("down", DownCommand.class);
        all.put("report", ReportCommand.class);
        all.put("bundle", BundleCommand.class);
        all.put("demo", DemoCommand.class);
        all.put("hardware", HardwareCommand.class);
        all.put("tui", TuiCommand.class);
        all.put("gui", GuiCommand.class);
        all.put("serve", ServeCommand.class);
        all.put("token", TokenCommand.class);
        all.put("state", StateCommand.class);
        all.put("audit", AuditCommand.class);
        all.put("secrets", SecretsCommand.class);
        all.put("pxe", PxeCommand.class);
        all.put("iso", IsoCommand.class);
        all.put("primer", PrimerCommand.class);
        all.put("completion", CompletionCommand.class);
        return all;
    }

    /**
     * The one command that is called, where that stands first: picocli takes a third of a second to look into all of
     * them.
     */
    private static Collection<Class<?>> wanted(String... args) {
        String first = args.length == 0 ? "" : args[0];
        return switch (first) {
            // the boot service and the image builder must be up in no time: the others are not even loaded
            case "pxe" -> List.of(PxeCommand.class);
            case "iso" -> List.of(IsoCommand.class);
            default -> {
                Map<String, Class<?>> all = commands();
                Class<?> one = all.get(first);
                yield one == null ? all.values() : List.of(one);
            }
        };
    }

    private static CommandLine commandLine(Cli cli, Collection<Class<?>> commands) {
        CommandLine line = new CommandLine(cli);
        commands.forEach(line::addSubcommand);
        WITHOUT_WORKSPACE.stream().map(line.getSubcommands()::get).filter(Objects::nonNull)
                .forEach(Cli::hideWorkspaceOptions);
        line.setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpWidth(80);
        line.getCommandSpec().version(Version.line());
        return line;
    }

    /** Their help is long enough without what they have no use for. */
    private static void hideWorkspaceOptions(CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        for (OptionSpec option : List.copyOf(spec.options())) {
            if (option.inherited() && OF_WORKSPACES.contains(option.longestName())) {
                spec.remove(option);
                spec.addOption(OptionSpec.builder(option).scopeType(ScopeType.LOCAL).hidden(true).build());
            }
        }
        command.getSubcommands().values().forEach(Cli::hideWorkspaceOptions);
    }

    /** The grammar alone, for the reference documentation and for shell completion; nothing of it can be run. */
    static CommandLine grammar(Surroundings world) {
        return commandLine(new Cli(world), commands().values());
    }

    @Override
    public void run() {
        grammar(world).usage(world.out());
    }

    /** Streams, clock and signals. */
    public Surroundings world() {
        return world;
    }

    /** Colours, where the terminal shows them and nobody minds. */
    public Ansi ansi() {
        boolean asked = noColor || !world.environment().getOrDefault("NO_COLOR", "").isEmpty();
        return new Ansi(world.terminal() && !asked && !dumb());
    }

    /** A terminal that can move its cursor. */
    public boolean canRedraw() {
        return world.terminal() && !dumb();
    }

    private boolean dumb() {
        return world.environment().getOrDefault("TERM", "dumb").equals("dumb");
    }

    Path workspaceDirectory() {
        Path asked = workspace;
        if (asked == null) {
            String byEnvironment = world.environment().getOrDefault("KINDLING_WORKSPACE", "");
            asked = Path.of(byEnvironment.isEmpty() ? ".kindling" : byEnvironment);
        }
        return world.directory().resolve(asked);
    }

    /** The log goes to the workspace. */
    void log() {
        Logging.to(workspaceDirectory().resolve("kindling.log"), debug);
    }

    /** For a command that starts nothing: a workspace that is not there is not made. */
    Kindling open() {
        log();
        return server().orElseGet(() -> world.workspaces().look(workspaceDirectory(), environment()));
    }

    private Optional<Kindling> server() {
        return HttpKindling.connection(connect, resolved(tokenFile), resolved(authority), fingerprint,
                world.environment(), workspaceDirectory()).map(HttpKindling::connect);
    }

    /** This process's environment, with what was given as options instead. */
    Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(world.environment());
        if (state != null) {
            environment.put("KINDLING_STATE", state);
        }
        return environment;
    }

    private @Nullable Path resolved(@Nullable Path file) {
        return file == null ? null : world.directory().resolve(file);
    }

    /** For a command without a workspace: warnings of the log go to standard error. */
    public void withoutWorkspace() {
        Logging.toStandardError();
    }

    /** For a command that starts something: the workspace is made where there is none. */
    Kindling openToRun() {
        makeWorkspace();
        log();
        return server().orElseGet(this::openHere);
    }

    /** The same on this computer, whatever is to be connected to. */
    Kindling openHereToRun() {
        makeWorkspace();
        log();
        return openHere();
    }

    private Kindling openHere() {
        return world.workspaces().open(workspaceDirectory(), environment());
    }

    void makeWorkspace() {
        try {
            Files.createDirectories(workspaceDirectory());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the workspace", e);
        }
    }

    /** Text for people on standard output; nothing with {@code --json}. */
    public void say(String text) {
        if (!json) {
            world.out().print(unicode(text));
            world.out().flush();
        }
    }

    /** Like {@link #say}, but dispensable: not with {@code --quiet}. */
    public void tell(String text) {
        if (!quiet) {
            say(text);
        }
    }

    /**
     * A line that is neither result nor error: for people, hence on standard error where a program reads the result.
     */
    public void remark(String line) {
        if (!quiet) {
            (json ? world.err() : world.out()).println(unicode(line));
        }
    }

    /** Whether a program reads the output. */
    public boolean forPrograms() {
        return json;
    }

    /** The result for programs, with {@code --json} only. */
    public void json(Object value) {
        if (json) {
            world.out().println(Json.line(value));
        }
    }

    /** What the output's character set cannot show, in ASCII. */
    String unicode(String text) {
        return world.unicode() ? text : Ascii.of(text);
    }

    /** An error's text on standard error, whatever is quiet: standard output has the results only. */
    void complain(String text) {
        world.err().print(unicode(text));
    }

    /** Warnings of a definition that is used. */
    void warn(Validation definition) {
        if (!quiet && !definition.problems().isEmpty()) {
            complain(ProblemText.of(definition.source(), definition.text(), definition.problems(), ansi()));
        }
    }

    /** Says what is wrong with a definition that cannot be used. */
    int refuse(Validation definition) {
        json(new ValidateCommand.Result(definition.source(), false, definition.problems()));
        complain(ProblemText.of(definition.source(), definition.text(), definition.problems(), ansi()));
        return ExitCode.BAD_USE;
    }

    /** Reads a definition; {@code -} is standard input. */
    public String read(String file) {
        return read(file, "kindling init " + file + " writes one to start from");
    }

    /** The same for another file; {@code remedy} is told where there is none. */
    String read(String file, String remedy) {
        try {
            return file.equals("-")
                    ? new String(world.in().readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(world.directory().resolve(file));
        } catch (NoSuchFileException e) {
            throw Refusal.badUse("there is no file " + file, remedy);
        } catch (MalformedInputException e) {
            throw Refusal.badUse(file + " is not text in UTF-8", "save it as UTF-8");
        } catch (IOException e) {
            throw Refusal.badUse("cannot read " + file + ": " + Reason.withoutFile(e), "");
        }
    }

    /** The definition in one of its environments; null: as it is. */
    static Validation inEnvironment(Kindling kindling, Validation definition, @Nullable String environment) {
        return environment == null
                ? definition
                : kindling.edit(definition.source(), definition.text(),
                        List.of(Edit.text("environment", environment))).validation();
    }

    /** As {@link #definition(Kindling, String, String)}, in one of its environments; null: as it is. */
    Validation definition(Kindling kindling, @Nullable String file, @Nullable String cluster,
            @Nullable String environment) {
        return inEnvironment(kindling, definition(kindling, file, cluster), environment);
    }

    /** The cluster that is meant: the named one, or the only one of the workspace. */
    ClusterStatus cluster(Kindling kindling, @Nullable String name) {
        if (name != null) {
            return kindling.status(name).orElseThrow(
                    () -> Refusal.badUse("the " + kindling.place() + " has no cluster " + name,
                            "kindling status lists the clusters; --workspace DIR names another workspace"));
        }
        List<ClusterStatus> clusters = kindling.clusters();
        return switch (clusters.size()) {
            case 0 -> throw Refusal.badUse("the " + kindling.place() + " has no cluster yet",
                    "kindling up FILE starts one; kindling demo --simulated shows how");
            case 1 -> clusters.getFirst();
            default -> throw Refusal.badUse(
                    "the workspace has several clusters: "
                            + String.join(", ", clusters.stream().map(ClusterStatus::name).toList()),
                    "name one of them");
        };
    }

    /** The definition of a file, or, without one, the definition that the workspace's cluster was started with. */
    Validation definition(Kindling kindling, @Nullable String file, @Nullable String cluster) {
        if (file != null) {
            return kindling.validate(file, read(file));
        }
        String name = cluster(kindling, cluster).name();
        return kindling.definition(name).orElseThrow(() -> Refusal.badUse("cluster " + name + " has no definition",
                "kindling up FILE"));
    }

    private int failed(Exception e) {
        if (debug) {
            e.printStackTrace(world.err());
        }
        return switch (e) {
            case Refusal refusal -> {
                complain(refusal.sentence(), refusal.remedy());
                yield refusal.code();
            }
            case ConnectionFailed lost -> {
                complain(lost.problem().message(), lost.problem().remedy());
                yield ExitCode.FAILED;
            }
            case UncheckedIOException io -> {
                complain(Reason.of(Objects.requireNonNull(io.getCause())),
                        "look at the workspace " + workspaceDirectory() + " (--workspace names another)");
                yield ExitCode.FAILED;
            }
            case InvalidPathException path -> {
                complain(Misuse.unspeakable(path.getInput()), Misuse.UTF8);
                yield ExitCode.BAD_USE;
            }
            default -> {
                complain("this is a bug in kindling: " + e, "run it again with --debug and report what it prints");
                yield ExitCode.FAILED;
            }
        };
    }

    /** An error for programs. */
    record Failure(Complaint error) {}

    /** What went wrong, and what to do; the remedy may be empty. */
    record Complaint(String message, String remedy) {}

    private void complain(String message, String remedy) {
        if (json) {
            world.out().println(Json.line(new Failure(new Complaint(message, remedy))));
        }
        world.err().println(unicode("kindling: " + message));
        if (!remedy.isEmpty()) {
            world.err().println(unicode("  " + remedy));
        }
    }

    private static String commandPath(CommandLine command) {
        String name = command.getCommandSpec().qualifiedName();
        return name.equals("kindling") ? "" : name.substring("kindling ".length()) + " ";
    }
}
