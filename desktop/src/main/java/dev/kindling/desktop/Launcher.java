package dev.kindling.desktop;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javafx.application.Application;

/**
 * Starts the desktop wizard. It is no {@link Application} itself, because the {@code java} command refuses such a main
 * class when JavaFX is on the class path.
 */
public final class Launcher {
    private static final int USAGE = 2;
    private static final String HELP = """
            Usage: kindling gui [--workspace DIR]

            The desktop wizard: from a definition to a running cluster, with a live view of the rack.

              --workspace DIR  where Kindling keeps its journal; default: $KINDLING_WORKSPACE, else ./.kindling
              --help           this text

            On a machine without a display, use: kindling tui""";
    private static final String NO_DISPLAY = """
            kindling gui: there is no display (%s).
            Use the terminal interface instead: kindling tui
            or, over SSH, forward a display with: ssh -X""";

    private Launcher() {}

    /** Ends the JVM with 2 when it was called wrongly or there is no display. */
    public static void main(String[] args) {
        int code = run(args, System.getenv(), System.out, System.err);
        if (code != 0) {
            System.exit(code);
        }
    }

    static int run(String[] args, Map<String, String> environment, PrintStream out, PrintStream err) {
        String workspace = environment.getOrDefault("KINDLING_WORKSPACE", "");
        for (int i = 0; i < args.length; i++) {
            if (args[i].equals("--help") || args[i].equals("-h")) {
                out.println(HELP);
                return 0;
            } else if (args[i].equals("--workspace") && i + 1 < args.length) {
                workspace = args[++i];
            } else if (args[i].startsWith("--workspace=")) {
                workspace = args[i].substring("--workspace=".length());
            } else {
                err.println("kindling gui: cannot make sense of '" + args[i] + "'. See: kindling gui --help");
                return USAGE;
            }
        }
        Path directory = Path.of(workspace.isEmpty() ? ".kindling" : workspace);
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            err.println("kindling gui: the workspace " + directory + " is a file, expected a directory");
            return USAGE;
        }
        // Glass for Linux speaks X11 only, also under Wayland; without DISPLAY it would end the JVM with a stack trace.
        boolean needsX11 = System.getProperty("os.name", "").equals("Linux")
                && System.getProperty("glass.platform", "gtk").equals("gtk");
        if (needsX11 && environment.getOrDefault("DISPLAY", "").isEmpty()) {
            err.println(NO_DISPLAY.formatted("DISPLAY is not set"));
            return USAGE;
        }
        try {
            Application.launch(DesktopApp.class, "--workspace=" + directory);
            return 0;
        } catch (UnsupportedOperationException e) {
            err.println(NO_DISPLAY.formatted(e.getMessage()));
            return USAGE;
        }
    }
}
