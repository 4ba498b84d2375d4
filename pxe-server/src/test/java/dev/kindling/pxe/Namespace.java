package dev.kindling.pxe;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A network namespace with nothing in it but loopback; made as root, or by any user in a user namespace. */
final class Namespace implements AutoCloseable {
    private final Process holder;
    private final List<Running> programs = new ArrayList<>();

    Namespace() throws IOException {
        this(null);
    }

    /** A namespace beside {@code first}, owned by the same user namespace, so that a cable can join the two. */
    Namespace(@Nullable Namespace first) throws IOException {
        boolean root = "root".equals(System.getProperty("user.name"));
        var command = new ArrayList<String>();
        if (first != null) {
            command.addAll(first.enter());
        }
        command.addAll(first == null && !root ? List.of("unshare", "-Urn") : List.of("unshare", "-n"));
        command.addAll(List.of("sh", "-c", "ip link set lo up && echo up && exec cat"));
        holder = new ProcessBuilder(command).redirectErrorStream(true).start();
        String answer = holder.inputReader().readLine();
        if (!"up".equals(answer)) {
            throw new IOException("no network namespace (Debian packages util-linux and iproute2): " + answer);
        }
    }

    private List<String> enter() {
        boolean root = "root".equals(System.getProperty("user.name"));
        var command = new ArrayList<>(List.of("nsenter", "-t", Long.toString(holder.pid()), "-n"));
        if (!root) {
            command.addAll(List.of("-U", "--preserve-credentials"));
        }
        return command;
    }

    /** A virtual Ethernet cable from {@code device} here to {@code otherDevice} there; both ends up. */
    void cable(String device, Namespace other, String otherDevice, String mac) throws IOException {
        run("ip", "link", "add", device, "type", "veth", "peer", "name", otherDevice, "address", mac, "netns",
                Long.toString(other.holder.pid()));
        run("ip", "link", "set", device, "up");
        other.run("ip", "link", "set", otherDevice, "up");
    }

    /** Runs a command to its end; its output. */
    String run(String... command) throws IOException {
        try (Running running = start(command)) {
            return running.toEnd();
        }
    }

    Running start(String... command) throws IOException {
        var all = new ArrayList<>(enter());
        all.addAll(List.of(command));
        var running = new Running(new ProcessBuilder(all).redirectErrorStream(true).start());
        programs.add(running);
        return running;
    }

    /** A {@link LabServer} here, ready. */
    Running serve(String... arguments) throws IOException {
        Running server = start(javaCommand(arguments));
        server.await("READY");
        return server;
    }

    static String[] javaCommand(String... arguments) {
        return javaCommand(LabServer.class, arguments);
    }

    static String[] javaCommand(Class<?> main, String... arguments) {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        var command = new ArrayList<>(List.of(System.getProperty("java.home") + File.separator + "bin/java",
                "--enable-native-access=ALL-UNNAMED", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-cp", classPath,
                main.getName()));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    @Override
    public void close() {
        programs.reversed().forEach(Running::close);
        holder.destroyForcibly();
    }

    /** The path of a program; fails with the package that has it. */
    static String tool(String name, String debianPackage) {
        for (String directory : List.of("/usr/sbin", "/usr/bin", "/sbin", "/bin")) {
            Path path = Path.of(directory, name);
            if (Files.isExecutable(path)) {
                return path.toString();
            }
        }
        throw new AssertionError(name + " is missing: apt-get install " + debianPackage);
    }

    /**
     * A copy of a program, for an AppArmor profile would let it read nothing of ours where it is. Made by a process:
     * what this one writes to may still be open in a child that another test starts at the same moment, and is "busy"
     * then.
     */
    static Path copy(String program, Path to) throws IOException {
        var copied = new ProcessBuilder("cp", "-p", program, to.toString()).inheritIO().start().onExit().join();
        if (copied.exitValue() != 0) {
            throw new IOException(program + " was not copied to " + to);
        }
        return to;
    }

    /** A program under way, whose output can be waited for. */
    static final class Running implements AutoCloseable {
        private static final long PATIENCE_SECONDS = 60;
        private final Process process;
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        private final List<String> all = new CopyOnWriteArrayList<>();
        private final Thread reader;

        Running(Process process) {
            this.process = process;
            this.reader = Thread.ofVirtual().start(this::read);
        }

        private void read() {
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                output.lines().forEach(line -> {
                    all.add(line);
                    lines.add(line);
                });
            } catch (IOException | UncheckedIOException e) {
                all.add(e.toString());
            }
        }

        /** The next line that contains the text; lines before it are passed over. */
        String await(String text) throws IOException {
            return await(text, Duration.ofSeconds(PATIENCE_SECONDS));
        }

        /** Likewise, for what takes long where the processors have much else to do. */
        String await(String text, Duration patience) throws IOException {
            try {
                long end = System.nanoTime() + patience.toNanos();
                while (System.nanoTime() < end) {
                    String line = lines.poll(200, TimeUnit.MILLISECONDS);
                    if (line != null && line.contains(text)) {
                        return line;
                    }
                    if (line == null && !process.isAlive() && lines.isEmpty() && !reader.isAlive()) {
                        break;
                    }
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new AssertionError("never said: " + text + "\nbut:\n" + String.join("\n", all));
        }

        String toEnd() throws IOException {
            try {
                if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                    throw new IOException(
                            "failed: " + process.info().commandLine().orElse("") + "\n" + String.join("\n", all));
                }
                reader.join();
                return String.join("\n", all);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }

        /** Gives the program an empty line. */
        void line() throws IOException {
            process.getOutputStream().write('\n');
            process.getOutputStream().flush();
        }

        /** Whether the program ended by itself in that time. */
        boolean ends(Duration patience) throws IOException {
            try {
                return process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException(e);
            }
        }

        /** What it has said so far. */
        List<String> said() {
            return List.copyOf(all);
        }

        void endInput() throws IOException {
            process.getOutputStream().close();
        }

        /** Sends a signal such as USR1 to the program itself. */
        void signal(String name) throws IOException {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
        }

        /** Kills it; afterwards it holds no port and no file any more. */
        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }
}
