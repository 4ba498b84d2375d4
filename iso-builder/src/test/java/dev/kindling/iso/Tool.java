package dev.kindling.iso;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;

/** Runs programs that others wrote, to judge what we wrote. */
public final class Tool {
    private Tool() {}

    /** Standard output and error of a command that must succeed. */
    public static String run(String debianPackage, Path directory, List<String> command) {
        return run(debianPackage, directory, null, command);
    }

    /** As above, with standard input from a file. */
    public static String run(String debianPackage, Path directory, @org.jspecify.annotations.Nullable Path input,
            List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(Map.of("LC_ALL", "C", "TZ", "UTC", "MTOOLS_SKIP_CHECK", "0"));
        if (input != null) {
            builder.redirectInput(input.toFile());
        }
        try {
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exit = process.waitFor();
            Assertions.assertThat(exit).as("%s%n%s", command, output).isZero();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "This test needs '" + command.getFirst() + "' of the Debian package " + debianPackage, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
