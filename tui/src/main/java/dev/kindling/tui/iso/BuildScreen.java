package dev.kindling.tui.iso;

import dev.kindling.iso.IsoEvent;
import dev.kindling.tui.cli.Cli;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Tells of an image that is being written: a line that grows on a terminal, nothing between start and end in a log. */
final class BuildScreen implements Consumer<IsoEvent> {
    private final Cli cli;
    private final List<Note> notes = new ArrayList<>();
    private boolean drawn;

    BuildScreen(Cli cli) {
        this.cli = cli;
    }

    /** Something that is not as one may expect it. */
    record Note(String path, String message) {}

    /** The result for programs. */
    record Result(String output, long bytes, List<Note> notes) {}

    @Override
    public void accept(IsoEvent event) {
        switch (event) {
            case IsoEvent.Scanned scanned -> draw("%d names, %s".formatted(scanned.nodes(), size(scanned.bytes())));
            case IsoEvent.LaidOut laidOut -> draw("image of " + size(laidOut.bytes()));
            case IsoEvent.Progressed progressed -> draw("%3d %% of %s".formatted(
                    progressed.done() * 100 / Math.max(1, progressed.total()), size(progressed.total())));
            case IsoEvent.Noted noted -> {
                notes.add(new Note(noted.path(), noted.message()));
                wipe();
                cli.remark((noted.path().isEmpty() ? "" : noted.path() + ": ") + noted.message());
            }
            case IsoEvent.Finished finished -> {
                wipe();
                cli.tell("%s, %s%n".formatted(finished.output(), size(finished.bytes())));
                cli.json(new Result(finished.output().toString(), finished.bytes(), List.copyOf(notes)));
            }
        }
    }

    private void draw(String text) {
        if (cli.canRedraw() && !cli.forPrograms()) {
            cli.tell("\r" + text + "\u001b[K");
            drawn = true;
        }
    }

    private void wipe() {
        if (drawn) {
            cli.tell("\r\u001b[K");
            drawn = false;
        }
    }

    static String size(long bytes) {
        return bytes < 1 << 20
                ? (bytes + 1023) / 1024 + " KiB"
                : String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0);
    }
}
