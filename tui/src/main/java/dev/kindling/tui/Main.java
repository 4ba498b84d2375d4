package dev.kindling.tui;

import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.StandardOutput;
import dev.kindling.tui.cli.Surroundings;
import java.util.List;

/**
 * The entry of the command line and of the terminal screens.
 *
 * <p>
 * The most frequent question of scripts, {@code --version}, is answered without loading anything: class loading is what
 * start-up time is made of.
 */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        if (List.of(args).equals(List.of("--version"))) {
            System.out.println(Version.line());
            return;
        }
        StandardOutput out = new StandardOutput();
        int code = Cli.run(Surroundings.real(out), args);
        String lost = out.lost();
        if (lost != null) {
            System.err.println("kindling: standard output could not be written: " + lost);
            code = Math.max(code, ExitCode.FAILED);
        }
        // a library may have left a thread that is no daemon
        System.exit(code);
    }
}
