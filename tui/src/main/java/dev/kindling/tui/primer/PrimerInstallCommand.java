package dev.kindling.tui.primer;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Refusal;
import dev.kindling.tui.text.HardwareText;
import dev.kindling.tui.text.ProblemText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling primer install}. */
@Command(name = "install", description = {"Installs the primer to a disk, erasing what is on it.",
        "Without options it follows the answers that are embedded in the medium."})
final class PrimerInstallCommand implements Callable<Integer> {
    private static final int TRIES = 5;
    private static final int LEAVING = 5;

    @ParentCommand
    @Nullable
    PrimerCommand parent;

    @Option(names = "--answers", paramLabel = "FILE", description = "answer file (docs/primer.md)")
    @Nullable
    String answers;

    @Option(names = "--disk-serial", paramLabel = "SERIAL", description = "instead of an answer file: the disk; asks before it is erased")
    @Nullable
    String diskSerial;

    @Option(names = "--replace", paramLabel = "NAME", description = "with --disk-serial: Kindling's installation that is on the disk and may be lost")
    String replace = "";

    @Option(names = "--definition", paramLabel = "FILE", description = "the cluster that the installed primer forms (default: the one on the medium)")
    @Nullable
    String definition;

    @Option(names = "--check", description = "only tells what would be done")
    boolean check;

    /** What was done, for programs; the recovery key is told once. */
    record Result(String disk, String serial, String encryption, @Nullable String recoveryKey) {}

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Objects.requireNonNull(parent).cli();
        try {
            return install(cli, Engine.primer());
        } catch (IOException e) {
            throw Refusal.failed(String.valueOf(e.getMessage()),
                    "kindling primer install goes on where it was cut off");
        }
    }

    private Integer install(Cli cli, Primer primer) throws IOException, InterruptedException {
        Primer.Live live = primer.live()
                .orElseThrow(() -> Refusal.badUse("this is no live system of a primer medium",
                        "kindling iso primer -o PRIMER.iso makes one; start a machine from it"));
        String source = answers == null ? diskSerial == null ? "the medium's answers" : "--disk-serial" : answers;
        String text = answers != null
                ? cli.read(answers)
                : diskSerial != null
                        ? "disk.serial=" + diskSerial + "\nerase=" + diskSerial + "\nafter=stay\n"
                                + (replace.isEmpty() ? "" : "replace=" + replace + "\n")
                        : live.answers();
        if (text.isBlank()) {
            throw Refusal.badUse("this medium holds no answers", "give --answers FILE or --disk-serial SERIAL");
        }
        if (!replace.isEmpty() && diskSerial == null) {
            throw Refusal.badUse("--replace goes with --disk-serial", "in an answer file: replace=" + replace);
        }
        Primer.Installation installation = primer.check(source, text,
                definition == null ? live.definition() : cli.read(definition));
        if (!installation.problems().isEmpty()) {
            cli.remark(ProblemText.of(source, text, installation.problems(), cli.ansi()));
            throw Refusal.badUse("nothing was written", "");
        }
        Hardware.Disk disk = Objects.requireNonNull(installation.disk());
        cli.tell("Installing the primer to " + HardwareText.disk(disk) + "\n");
        if (!installation.remark().isEmpty()) {
            cli.say("  " + installation.remark() + "\n");
        }
        if (installation.done()) {
            cli.say("This very installation is on the disk already; it is not done again.\n");
            cli.tell("  Remove the medium and restart. An answer file with replace= erases it.\n");
            return ExitCode.DONE;
        }
        int number = 0;
        for (Primer.Step step : installation.steps()) {
            cli.tell("  " + ++number + ". " + step.title() + (step.done() ? " (done)" : "") + "\n");
        }
        if (check) {
            return ExitCode.DONE;
        }
        if (diskSerial != null && cli.forPrograms()) {
            throw Refusal.badUse("--disk-serial asks, and a program does not answer", "give --answers FILE");
        }
        if (diskSerial != null) {
            confirm(cli, diskSerial);
        }
        Watcher watcher = new Watcher(cli, installation);
        try (Primer.Written written = primer.write(installation, watcher)) {
            Optional<String> key = written.recoveryKey();
            if (key.isPresent()) {
                keep(cli, installation, key.get());
            }
            written.finish(watcher);
            cli.json(new Result(disk.device(), disk.serial(), installation.encryption().name(), key.orElse(null)));
        }
        cli.say("The primer is installed on the disk with serial " + disk.serial() + ".\n");
        leave(cli, primer, installation);
        return ExitCode.DONE;
    }

    /** Steps with their numbers, and within them what is not on the screen yet. */
    private static final class Watcher implements Primer.Watcher {
        private final Cli cli;
        private final Primer.Installation installation;
        private String last = "";

        Watcher(Cli cli, Primer.Installation installation) {
            this.cli = cli;
            this.installation = installation;
        }

        @Override
        public void begins(int step) {
            cli.remark("step " + (step + 1) + " of " + installation.steps().size());
        }

        @Override
        public void at(String what, long done, long total) {
            String line = total > 0 ? what + " " + done * 10 / total * 10 + " %" : what;
            if (!line.equals(last)) {
                last = line;
                cli.remark(line);
            }
        }
    }

    /** A person who named the disk names it once more. */
    private static void confirm(Cli cli, String serial) throws IOException {
        cli.say("All that is on the disk with serial " + serial + " will be lost. Type the serial to go on: ");
        if (!typed(cli).equals(serial)) {
            throw Refusal.badUse("that is not the serial; nothing was written", "");
        }
    }

    /** Reads no further than the end of the line: another answer may be behind it. */
    private static String typed(Cli cli) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = cli.world().in().read(); c >= 0 && c != '\n'; c = cli.world().in().read()) {
            line.write(c);
        }
        return line.toString(StandardCharsets.UTF_8).strip();
    }

    /** Before the disk boots: from then on nobody can make another key. */
    private void keep(Cli cli, Primer.Installation installation, String key) throws IOException, InterruptedException {
        cli.say("\nRECOVERY KEY of the state volume. It is shown now and kept nowhere: write it down.\n\n    " + key
                + "\n\n");
        if (diskSerial == null) {
            TimeUnit.SECONDS.sleep(Integer.parseInt(installation.setting("recovery.seconds")));
            return;
        }
        String last = key.substring(key.lastIndexOf('-') + 1);
        for (int i = 0; i < TRIES; i++) {
            cli.say("Type its last group to go on: ");
            if (typed(cli).equals(last)) {
                return;
            }
        }
        throw Refusal.failed("the recovery key was not confirmed, so that the disk was left without a partition table",
                "kindling primer install makes the state volume again, with a new key");
    }

    private static void leave(Cli cli, Primer primer, Primer.Installation installation)
            throws IOException, InterruptedException {
        String after = installation.setting("after");
        if (after.equals("stay")) {
            return;
        }
        cli.say((after.equals("reboot") ? "Restarting" : "Switching off") + " in " + LEAVING
                + " seconds. Remove the medium.\n");
        TimeUnit.SECONDS.sleep(LEAVING);
        primer.leave(after.equals("reboot"));
    }
}
