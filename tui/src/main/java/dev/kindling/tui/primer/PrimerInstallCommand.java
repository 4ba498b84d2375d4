package dev.kindling.tui.primer;

import dev.kindling.engine.Engine;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Refusal;
import dev.kindling.tui.text.ProblemText;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
    @ParentCommand
    @Nullable
    PrimerCommand parent;

    @Option(names = "--answers", paramLabel = "FILE", description = "answer file (docs/primer.md)")
    @Nullable
    String answers;

    @Option(names = "--disk-serial", paramLabel = "SERIAL", description = "instead of an answer file: the disk; asks before it is erased")
    @Nullable
    String diskSerial;

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
            throw Refusal.failed(String.valueOf(e.getMessage()), "kindling primer install begins again from the front");
        }
    }

    private Integer install(Cli cli, Primer primer) throws IOException, InterruptedException {
        Primer.Live live = primer.live()
                .orElseThrow(() -> Refusal.badUse("this is no live system of a primer medium",
                        "kindling iso primer -o PRIMER.iso makes one; start a machine from it"));
        String source = answers == null ? diskSerial == null ? "the medium's answers" : "--disk-serial" : answers;
        String text = answers != null
                ? cli.read(answers)
                : diskSerial != null ? asked(cli, diskSerial) : live.answers();
        if (text.isBlank()) {
            throw Refusal.badUse("this medium holds no answers", "give --answers FILE or --disk-serial SERIAL");
        }
        Primer.Installation installation = primer.check(source, text);
        if (!installation.problems().isEmpty()) {
            cli.remark(ProblemText.of(source, text, installation.problems(), cli.ansi()));
            throw Refusal.badUse("nothing was written", "");
        }
        Hardware.Disk disk = Objects.requireNonNull(installation.disk());
        cli.tell("Installing the primer to /dev/" + disk.device() + ": " + disk.model() + ", serial " + disk.serial()
                + ", " + (disk.bytes() >> 20) + " MiB" + (disk.content().isEmpty() ? "" : ", " + disk.content())
                + "\n");
        if (installation.done()) {
            cli.say("This very installation is on the disk already; it is not done again.\n");
            cli.tell("  Remove the medium and restart, or install anew with --disk-serial.\n");
            return ExitCode.DONE;
        }
        int number = 0;
        for (String step : installation.steps()) {
            cli.tell("  " + ++number + ". " + step + "\n");
        }
        if (check) {
            return ExitCode.DONE;
        }
        String[] last = {""};
        Optional<String> key = primer.install(installation,
                definition == null ? live.definition() : cli.read(definition), (what, done, total) -> {
                    String line = total > 0 ? what + " " + done * 10 / total * 10 + " %" : what;
                    if (!line.equals(last[0])) {
                        last[0] = line;
                        cli.remark(line);
                    }
                });
        cli.json(new Result(disk.device(), disk.serial(), installation.encryption().name(), key.orElse(null)));
        key.ifPresent(each -> cli.say("\nRECOVERY KEY of the state volume. It is shown now and kept nowhere: write it"
                + " down.\n\n    " + each + "\n\n"));
        cli.say("The primer is installed on the disk with serial " + disk.serial() + ".\n");
        leave(cli, installation, key.isPresent());
        return ExitCode.DONE;
    }

    /** A person names the disk, and then once more. */
    private static String asked(Cli cli, String serial) throws IOException {
        cli.say("All that is on the disk with serial " + serial + " will be lost. Type the serial to go on: ");
        String typed = new BufferedReader(new InputStreamReader(cli.world().in(), StandardCharsets.UTF_8)).readLine();
        if (typed == null || !typed.strip().equals(serial)) {
            throw Refusal.badUse("that is not the serial; nothing was written", "");
        }
        return "disk.serial=" + serial + "\nerase=" + serial + "\nafter=stay\n";
    }

    private static void leave(Cli cli, Primer.Installation installation, boolean keyShown)
            throws IOException, InterruptedException {
        String after = installation.setting("after");
        if (after.equals("stay")) {
            return;
        }
        int seconds = keyShown ? Integer.parseInt(installation.setting("recovery.seconds")) : 5;
        cli.say((after.equals("reboot") ? "Restarting" : "Switching off") + " in " + seconds
                + " seconds. Remove the medium.\n");
        TimeUnit.SECONDS.sleep(seconds);
        new ProcessBuilder("/bin/busybox", after).inheritIO().start().waitFor();
    }
}
