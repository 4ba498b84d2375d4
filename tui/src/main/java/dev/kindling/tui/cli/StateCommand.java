package dev.kindling.tui.cli;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Problem;
import dev.kindling.tui.text.ProblemText;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kindling state}. */
@Command(name = "state", description = "Journal and locks: copies them, and rebuilds them.")
final class StateCommand extends CommandGroup {
    /** What was written or read, for programs. */
    record Result(String file, List<Problem> problems) {}

    @Command(name = "backup", description = "Copies the whole state into one file, while others go on working."
            + " A workspace that has it as its state.db has that state; FILE.secrets is its file secrets.")
    int backup(
            @Parameters(paramLabel = "FILE", description = "must not exist") Path file) {
        Cli cli = cli();
        Path target = cli.world().directory().resolve(file);
        try (Kindling kindling = cli.open()) {
            writing(target, () -> kindling.backup(target));
        }
        cli.tell("Backup: " + target + "\n");
        cli.json(new Result(target.toString(), List.of()));
        return ExitCode.DONE;
    }

    @Command(name = "export", description = "Writes a cluster's journal as JSON lines, one a record, with its hash.")
    int export(@Parameters(paramLabel = "CLUSTER", description = "of the workspace") String cluster,
            @Parameters(paramLabel = "FILE", description = "must not exist") Path file) {
        Cli cli = cli();
        Path target = cli.world().directory().resolve(file);
        try (Kindling kindling = cli.open()) {
            writing(target, () -> kindling.exportJournal(cluster, target));
        }
        cli.tell("Export of " + cluster + ": " + target + "\n");
        cli.json(new Result(target.toString(), List.of()));
        return ExitCode.DONE;
    }

    @Command(name = "import", description = "Rebuilds a cluster from its export. Refuses a file whose records are not"
            + " those that were written, and a cluster that the state knows already.")
    int importJournal(@Parameters(paramLabel = "FILE", description = "of kindling state export") Path file) {
        Cli cli = cli();
        Path source = cli.world().directory().resolve(file);
        if (!Files.isReadable(source) || Files.isDirectory(source)) {
            throw Refusal.badUse("there is no file " + file + " that can be read", "kindling state export CLUSTER FILE"
                    + " writes one");
        }
        try (Kindling kindling = cli.openToRun()) {
            List<Problem> problems = kindling.importJournal(source);
            cli.json(new Result(source.toString(), problems));
            if (!problems.isEmpty()) {
                cli.complain(ProblemText.of(file.toString(), "", problems, cli.ansi()));
                return ExitCode.FAILED;
            }
        }
        cli.tell("Imported " + source + "; kindling status shows it\n");
        return ExitCode.DONE;
    }

    private static void writing(Path file, Runnable work) {
        try {
            work.run();
        } catch (ConnectionFailed e) {
            throw e;
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof FileAlreadyExistsException) {
                throw Refusal.badUse(file + " exists", "choose another name; nothing is overwritten");
            }
            throw OutputFile.cannotWrite(file.toString(), Objects.requireNonNull(e.getCause()));
        }
    }
}
