package dev.kindling.tui.iso;

import dev.kindling.iso.DriveWriter;
import dev.kindling.iso.Drives;
import dev.kindling.iso.IsoEvent;
import dev.kindling.iso.image.Content;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.Refusal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/** {@code kindling iso write}. */
@Command(name = "write", description = {"Writes an image to a USB stick and compares it afterwards.",
        "Without --device it lists the drives. Everything on the drive is lost; the drives of this system are refused."})
final class WriteCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    IsoCommand parent;

    @Parameters(paramLabel = "IN.iso", description = "the image")
    Path image = Path.of("");

    @Option(names = "--device", paramLabel = "DEV", description = "the drive, for example /dev/sdb; a regular file is written, too")
    @Nullable
    Path device;

    @Option(names = "--yes-erase", paramLabel = "SERIAL", description = "do not ask: the serial of the drive; needed for internal drives")
    @Nullable
    String serial;

    /** The result for programs. */
    record Result(List<Drives.Drive> drives, @Nullable String written) {}

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "write runs below iso").cli();
        return Refusals.run("kindling iso write", () -> write(cli));
    }

    private void write(Cli cli) throws IOException {
        Path asked = device;
        Content content = Content.file(cli.world().directory().resolve(image));
        Drives drives = new Drives();
        if (asked == null) {
            List<Drives.Drive> all = drives.list();
            all.forEach(drive -> cli.say(describe(drive, content.size()) + "\n"));
            if (all.isEmpty()) {
                cli.say("no drives\n");
            }
            cli.json(new Result(all, null));
            return;
        }
        Path target = cli.world().directory().resolve(asked);
        if (!Files.isRegularFile(target)) {
            Drives.Drive drive = drives.find(target).orElseThrow(() -> Refusal.badUse(asked + " is no whole drive",
                    "kindling iso write " + image + " lists them"));
            Optional<String> refusal = DriveWriter.refusal(drive, content.size(), Optional.ofNullable(serial));
            if (refusal.isPresent()) {
                throw Refusal.badUse(refusal.get(), "kindling iso write " + image + " lists the drives");
            }
            if (serial == null) {
                confirm(cli, drive, content.size());
            }
        }
        BuildScreen screen = new BuildScreen(cli);
        DriveWriter.write(content, target, screen::accept, screen::accept);
        screen.accept(new IsoEvent.Finished(target, content.size()));
    }

    private static String describe(Drives.Drive drive, long imageBytes) {
        return "%-14s %-10s %-28s serial %-20s %s%s".formatted(drive.device(), BuildScreen.size(drive.bytes()),
                drive.model(), drive.serial().isEmpty() ? "-" : drive.serial(),
                DriveWriter.refusal(drive, imageBytes, Optional.empty()).map(r -> "refused: " + r)
                        .orElse("may be written"),
                drive.usedFor().isEmpty() ? "" : " [" + String.join(", ", drive.usedFor()) + "]").stripTrailing();
    }

    private static void confirm(Cli cli, Drives.Drive drive, long imageBytes) throws IOException {
        cli.remark(describe(drive, imageBytes));
        cli.remark("Everything on it is lost. Type its serial to go on: " + drive.identity());
        String typed = new BufferedReader(new InputStreamReader(cli.world().in(), StandardCharsets.UTF_8)).readLine();
        if (typed == null || !typed.strip().equals(drive.identity())) {
            throw Refusal.badUse("not confirmed: nothing was written",
                    "type " + drive.identity() + ", or give --yes-erase "
                            + drive.identity());
        }
    }
}
