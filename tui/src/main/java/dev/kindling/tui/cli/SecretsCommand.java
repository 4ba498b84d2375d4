package dev.kindling.tui.cli;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.SealedSecrets;
import dev.kindling.tui.text.Text;
import java.io.Console;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kindling secrets}. */
@Command(name = "secrets", description = "The encrypted secrets of the workspace.")
final class SecretsCommand extends CommandGroup {
    /** The names for programs; never a value. */
    record Listing(String place, SealedSecrets.@Nullable Key key, List<SealedSecrets.Entry> secrets) {}

    @Command(name = "list", description = "Names and when they were stored, never values. Needs no key.")
    int list() {
        Cli cli = cli();
        try (SealedSecrets secrets = open(cli)) {
            List<SealedSecrets.Entry> entries = secrets.list();
            cli.json(new Listing(secrets.place(), secrets.key().orElse(null), entries));
            if (entries.isEmpty()) {
                cli.tell("No secrets in " + secrets.place() + ".\n");
            }
            int width = entries.stream().mapToInt(entry -> entry.name().length()).max().orElse(0);
            for (SealedSecrets.Entry entry : entries) {
                cli.say(Text.clean(entry.name()) + " ".repeat(width - entry.name().length() + 2)
                        + (entry.created() == null ? "" : entry.created()) + "\n");
            }
            return ExitCode.DONE;
        }
    }

    /** A value for programs. */
    record Value(String name, String value) {}

    @Command(name = "get", description = "Shows a value, on a terminal only: a pipe or a log keeps what it is given.")
    int get(@Parameters(paramLabel = "NAME", description = "as kindling secrets list names it") String name,
            @Option(names = "--yes-show", description = "show it wherever the output goes") boolean anywhere) {
        Cli cli = cli();
        if (!cli.world().terminal() && !anywhere) {
            throw Refusal.badUse("the output is no terminal, and would keep the value",
                    "give --yes-show if that is wanted");
        }
        try (SealedSecrets secrets = open(cli)) {
            String value = secrets.reveal(name).orElseThrow(() -> Refusal.badUse("there is no secret " + name + " in "
                    + secrets.place(), "kindling secrets list names them"));
            cli.json(new Value(name, value));
            if (!cli.forPrograms()) {
                cli.world().out().print(value.endsWith("\n") ? value : value + "\n");
                cli.world().out().flush();
            }
            return ExitCode.DONE;
        }
    }

    /** What was stored, for programs; never a value. */
    record Stored(String name, String place) {}

    @Command(name = "set", description = "Stores a value: typed at the terminal without an echo, from a file, or from"
            + " standard input. Never as an argument: those are seen by everybody.")
    int set(@Parameters(paramLabel = "NAME", description = "for example lab/hook; letters, digits and ._/-") String name,
            @Option(names = "--from", paramLabel = "FILE", description = "the file that holds it (default: the terminal,"
                    + " else standard input)") @Nullable String file) {
        Cli cli = cli();
        String value = file != null
                ? cli.read(file)
                : ask("Value of " + name + ": ").map(String::valueOf).orElseGet(() -> cli.read("-"));
        String line = value.endsWith("\n") && value.indexOf('\n') == value.length() - 1 ? value.strip() : value;
        if (line.isEmpty()) {
            throw Refusal.badUse("an empty value is no secret", "nothing was changed; try again");
        }
        try (SealedSecrets secrets = open(cli)) {
            secrets.put(name, line);
            cli.tell("stored " + name + " in " + secrets.place() + "\n");
            cli.json(new Stored(name, secrets.place()));
            return ExitCode.DONE;
        } catch (IllegalArgumentException e) {
            throw Refusal.badUse(String.valueOf(e.getMessage()), "use letters, digits, dots, dashes and slashes");
        }
    }

    /** What was done, for programs. */
    record Rotated(String place, SealedSecrets.Key key, int secrets) {}

    @Command(name = "rotate", description = "Seals all of them with a new key. A crash at any moment leaves them"
            + " readable. A key file keeps its old keys, for other workspaces and for backups.")
    int rotate(
            @Option(names = "--to", paramLabel = "KIND", description = "file, passphrase or keyring: where the new key"
                    + " is kept (default: where the old one is)") SealedSecrets.@Nullable Key to) {
        Cli cli = cli();
        try (SealedSecrets secrets = open(cli)) {
            SealedSecrets.Key kind = to != null
                    ? to
                    : secrets.key().orElseThrow(() -> Refusal.badUse("there are no secrets in " + secrets.place(),
                            "kindling up makes them"));
            secrets.rotate(kind);
            int count = secrets.list().size();
            cli.tell(Text.count(count, "secret") + " of " + secrets.place() + " sealed with a new key: "
                    + switch (kind) {
                        case FILE -> "the first line of the key file; back it up";
                        case PASSPHRASE -> "the new passphrase";
                        case KEYRING -> "kept in this computer's keyring";
                    } + "\n");
            cli.json(new Rotated(secrets.place(), kind, count));
            return ExitCode.DONE;
        }
    }

    private static SealedSecrets open(Cli cli) {
        cli.log();
        return Engine.secrets(cli.workspaceDirectory(), cli.environment(), SecretsCommand::ask,
                SecretsCommand::askTwice);
    }

    /** Without an echo; empty where there is no terminal. */
    private static Optional<char[]> ask(String question) {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal)
                .map(console -> console.readPassword("%s", question));
    }

    private static Optional<char[]> askTwice(String question) {
        Optional<char[]> first = ask("New passphrase: ");
        if (first.isEmpty()) {
            return first;
        }
        char[] again = ask("The same again: ").orElse(new char[0]);
        boolean same = Arrays.equals(first.get(), again);
        Arrays.fill(again, '\0');
        if (!same || first.get().length == 0) {
            Arrays.fill(first.get(), '\0');
            throw Refusal.badUse(same ? "an empty passphrase protects nothing" : "the two are not the same",
                    "nothing was changed; try again");
        }
        return first;
    }
}
