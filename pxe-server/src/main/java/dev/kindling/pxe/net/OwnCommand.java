package dev.kindling.pxe.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The command line by which this process was started, so that a remedy can be copied and run as it stands. */
public final class OwnCommand {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private OwnCommand() {}

    /**
     * Its words: of the launcher {@code kindling} where that started Java, otherwise of Java itself; empty where the
     * system does not tell.
     */
    public static List<String> words() {
        try {
            // ends in NUL as well
            var all = List.of(Files.readString(Path.of("/proc/self/cmdline"), StandardCharsets.UTF_8)
                    .split("\0", -1));
            return launched(all.subList(0, all.size() - 1), System.getProperty("sun.java.command", ""),
                    System.getProperty("kindling.home", ""));
        } catch (IOException e) {
            return List.of();
        }
    }

    /**
     * Puts the launcher in place of Java.
     *
     * @param java all words
     * @param main the main class, and its arguments
     * @param home directory of the launcher; may be empty
     */
    static List<String> launched(List<String> java, String main, String home) {
        int at = java.indexOf(main.split(" ", 2)[0]);
        return launcher(home).filter(_ -> at >= 0).map(launcher -> Stream
                .concat(Stream.of(launcher.toString()), java.subList(at + 1, java.size()).stream()).toList())
                .orElse(java);
    }

    /**
     * The launcher {@code kindling} of this installation.
     *
     * @param home its directory; may be empty
     */
    public static Optional<Path> launcher(String home) {
        return Optional.of(Path.of(home, "kindling").toAbsolutePath())
                .filter(launcher -> !home.isEmpty() && Files.isExecutable(launcher));
    }

    /** For a shell. */
    public static String quoted(List<String> words) {
        return words.stream().map(word -> PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'")
                .collect(Collectors.joining(" "));
    }

    /** The line for a shell that starts this again as the same user, with the capabilities of a boot service only. */
    public static String withPrivileges() {
        List<String> words = words();
        return "sudo " + String.join(" ", Privileges.setpriv("$(id -u)", "$(id -g)")) + " "
                + (words.isEmpty() ? "COMMAND" : quoted(words));
    }
}
