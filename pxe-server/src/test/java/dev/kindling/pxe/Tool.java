package dev.kindling.pxe;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A program that we did not write, run to its end. */
public record Tool(int exit, String output) {
    /**
     * Runs it with nothing to read; one that does not end in a minute fails.
     *
     * @param debianPackage named where the program is missing
     */
    public static Tool run(String debianPackage, Path directory, String... command)
            throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new AssertionError(
                    command[0] + " is missing: install the Debian package " + debianPackage + " (./check does)", e);
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " does not end: " + output);
        }
        return new Tool(process.exitValue(), output);
    }
}
