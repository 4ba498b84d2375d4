package dev.kindling.tui.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code kindling gui}, when it comes here: the desktop is a program of its own. */
@Command(name = "gui", description = "Starts the desktop (the launcher script does; needs a display).")
final class GuiCommand implements Callable<Integer> {
    @Override
    public Integer call() {
        throw Refusal.badUse("the desktop is started by the launcher script, not by this program",
                "run the script kindling of the installation: kindling gui");
    }
}
