package dev.kindling.desktop;

import dev.kindling.engine.api.ConnectionFailed;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javafx.application.Application;

/**
 * Starts the desktop wizard. It is no {@link Application} itself, because the {@code java} command refuses such a main
 * class when JavaFX is on the class path.
 */
public final class Launcher {
    private static final int USAGE = 2;
    private static final Set<String> OPTIONS = Set.of("--workspace", "--connect", "--token-file", "--cacert",
            "--fingerprint");
    private static final String HELP = """
            Usage: kindling gui [--workspace DIR] [--connect URL [--token-file FILE] [--cacert FILE | --fingerprint SHA256]]

            The desktop wizard: from a definition to a running cluster, with a live view of the rack.

              --workspace DIR       where Kindling keeps its journal; default: $KINDLING_WORKSPACE, else ./.kindling
              --connect URL         use the engine of a server (kindling serve); default: $KINDLING_CONNECT, else the
                                    engine of this command
              --token-file FILE     token of the server; default: $KINDLING_TOKEN_FILE, else api-token in the workspace
              --cacert FILE         PEM certificates that may vouch for the server; also: KINDLING_CACERT
              --fingerprint SHA256  of the server's own certificate; also: KINDLING_FINGERPRINT
              --help                this text

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
        Map<String, String> given = new HashMap<>();
        for (int i = 0; i < args.length; i++) {
            String[] option = args[i].split("=", 2);
            if (args[i].equals("--help") || args[i].equals("-h")) {
                out.println(HELP);
                return 0;
            } else if (OPTIONS.contains(option[0]) && (option.length == 2 || i + 1 < args.length)) {
                given.put(option[0], option.length == 2 ? option[1] : args[++i]);
            } else {
                err.println("kindling gui: cannot make sense of '" + args[i] + "'. See: kindling gui --help");
                return USAGE;
            }
        }
        String workspace = given.getOrDefault("--workspace", environment.getOrDefault("KINDLING_WORKSPACE", ""));
        Path directory = Path.of(workspace.isEmpty() ? ".kindling" : workspace);
        try {
            DesktopApp.connection(given, environment, directory);
        } catch (ConnectionFailed e) {
            err.println("kindling gui: " + e.problem().message() + "\n  " + e.problem().remedy());
            return USAGE;
        }
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
            given.put("--workspace", directory.toString());
            Application.launch(DesktopApp.class,
                    given.entrySet().stream().map(option -> option.getKey() + "=" + option.getValue())
                            .toArray(String[]::new));
            return 0;
        } catch (UnsupportedOperationException e) {
            err.println(NO_DISPLAY.formatted(e.getMessage()));
            return USAGE;
        }
    }
}
