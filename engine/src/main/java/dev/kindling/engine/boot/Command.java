package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Runs a program of the operating system to its end. */
final class Command {
    /** Longer than the slowest mirror needs for a kernel package. */
    private static final Duration LIMIT = Duration.ofMinutes(15);
    private static final Duration MEANWHILE = Duration.ofMillis(200);

    private Command() {}

    /**
     * Standard output, in UTF-8.
     *
     * @throws IOException where the program is missing, fails (with its last words) or takes too long
     */
    static String run(Path directory, List<String> command) throws IOException {
        return new String(bytes(directory, command), UTF_8);
    }

    /**
     * As above.
     *
     * @param environment on top of ours
     * @param input for its standard input; never shown
     */
    static String run(Path directory, List<String> command, Map<String, String> environment, byte[] input)
            throws IOException {
        return new String(bytes(directory, command, environment, input, () -> {}), UTF_8);
    }

    /** Standard output as it is. */
    static byte[] bytes(Path directory, List<String> command) throws IOException {
        return bytes(directory, command, () -> {});
    }

    /**
     * As above.
     *
     * @param meanwhile called several times a second while the program runs
     */
    static byte[] bytes(Path directory, List<String> command, Runnable meanwhile) throws IOException {
        return bytes(directory, command, Map.of(), new byte[0], meanwhile);
    }

    private static byte[] bytes(Path directory, List<String> command, Map<String, String> environment, byte[] input,
            Runnable meanwhile) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
        builder.environment().put("LC_ALL", "C.UTF-8");
        builder.environment().putAll(environment);
        if (input.length == 0) {
            builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        }
        Process process = builder.start();
        try {
            if (input.length > 0) {
                try (OutputStream to = process.getOutputStream()) {
                    to.write(input);
                }
            }
            FutureTask<byte[]> output = reading(process.getInputStream());
            FutureTask<byte[]> error = reading(process.getErrorStream());
            long deadline = System.nanoTime() + LIMIT.toNanos();
            while (!process.waitFor(MEANWHILE.toMillis(), TimeUnit.MILLISECONDS)) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException(command.getFirst() + " did not end within " + LIMIT.toMinutes() + " minutes");
                }
                meanwhile.run();
            }
            if (process.exitValue() != 0) {
                throw new IOException(String.join(" ", command) + " failed with exit code " + process.exitValue()
                        + ": " + new String(error.get(), UTF_8).strip());
            }
            return output.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + command.getFirst() + " ran", e);
        } catch (ExecutionException e) {
            throw new IOException("cannot read what " + command.getFirst() + " says", e.getCause());
        } finally {
            process.destroy();
        }
    }

    private static FutureTask<byte[]> reading(InputStream in) {
        FutureTask<byte[]> task = new FutureTask<>(in::readAllBytes);
        Thread.startVirtualThread(task);
        return task;
    }
}
