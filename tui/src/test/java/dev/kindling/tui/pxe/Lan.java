package dev.kindling.tui.pxe;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Two hosts and a cable, as network namespaces of this one: {@code srv0} with 10.77.0.1/24 here, {@code cl0} there.
 * Made as root, or by any user in a user namespace.
 */
final class Lan implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 60;
    private final boolean root = "root".equals(System.getProperty("user.name"));
    private final List<Process> started = new ArrayList<>();
    private final Process server;
    private final Process machine;

    /** How a command ended. */
    record Ended(int code, String output) {}

    Lan() throws IOException, InterruptedException {
        server = holder(root ? List.of("unshare", "-n") : List.of("unshare", "-Urn"));
        machine = holder(join(enter(server), List.of("unshare", "-n")));
        done(server, "ip", "link", "add", "srv0", "type", "veth", "peer", "name", "cl0", "netns",
                Long.toString(machine.pid()));
        done(server, "ip", "address", "add", "10.77.0.1/24", "dev", "srv0");
        done(server, "ip", "link", "set", "srv0", "up");
        done(machine, "ip", "link", "set", "cl0", "up");
    }

    private void done(Process host, String... command) throws IOException, InterruptedException {
        Ended ended = toEnd(start(host, List.of(command)));
        if (ended.code() != 0) {
            throw new IOException(String.join(" ", command) + ": " + ended.output());
        }
    }

    private Process holder(List<String> unshare) throws IOException {
        Process holder = new ProcessBuilder(join(unshare, List.of("sh", "-c", "ip link set lo up && echo up && cat")))
                .redirectErrorStream(true).start();
        started.add(holder);
        String said = holder.inputReader().readLine();
        if (!"up".equals(said)) {
            throw new IOException("no network namespace (packages util-linux and iproute2): " + said);
        }
        return holder;
    }

    private List<String> enter(Process holder) {
        var command = new ArrayList<>(List.of("nsenter", "-t", Long.toString(holder.pid()), "-n"));
        if (!root) {
            command.addAll(List.of("-U", "--preserve-credentials"));
        }
        return command;
    }

    Ended onServer(String... command) throws IOException, InterruptedException {
        return toEnd(start(server, List.of(command)));
    }

    Ended onMachine(String... command) throws IOException, InterruptedException {
        return toEnd(start(machine, List.of(command)));
    }

    /** {@code kindling pxe ...} on the machine's side, to its end. */
    Ended kindlingOnMachine(String... arguments) throws IOException, InterruptedException {
        return toEnd(start(machine, kindling(arguments)));
    }

    /** {@code kindling pxe ...} on the server's side, to its end. */
    Ended kindlingOnServer(String... arguments) throws IOException, InterruptedException {
        return toEnd(start(server, kindling(arguments)));
    }

    /** {@code kindling pxe serve} on the server's side, under way; its output goes into the file. */
    Process serve(Path output, String... arguments) throws IOException, InterruptedException {
        return serve(output, List.of(), classPath(), arguments);
    }

    /** The same behind another command, such as one that takes privileges away. */
    Process serve(Path output, List<String> behind, String classPath, String... arguments)
            throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of("serve", "--interface", "srv0"));
        all.addAll(List.of(arguments));
        return command(output, join(behind, kindling(classPath, all.toArray(String[]::new))).toArray(String[]::new));
    }

    /** Any command that says "ready" on the server's side, under way. */
    Process command(Path output, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(join(enter(server), List.of(command))).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        started.add(process);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (process.isAlive() && System.nanoTime() < end && !Files.readString(output).contains("ready\n")) {
            Thread.sleep(50);
        }
        return process;
    }

    /** A program on the server's side, under way until the end; its output goes into the file. */
    Process startOnServer(Path output, String ready, String... command) throws IOException, InterruptedException {
        return start(server, output, ready, command);
    }

    /** The same on the machine's side. */
    Process startOnMachine(Path output, String ready, String... command) throws IOException, InterruptedException {
        return start(machine, output, ready, command);
    }

    private Process start(Process holder, Path output, String ready, String... command)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(join(enter(holder), List.of(command))).redirectErrorStream(true)
                .redirectOutput(output.toFile()).start();
        started.add(process);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!Files.readString(output).contains(ready)) {
            if (!process.isAlive() || System.nanoTime() > end) {
                throw new AssertionError(command[0] + " never said " + ready + ": " + Files.readString(output));
            }
            Thread.sleep(50);
        }
        return process;
    }

    /** A program on the server's side, under way, whose streams are the caller's. */
    Process underWay(List<String> command) throws IOException {
        Process process = new ProcessBuilder(join(enter(server), command))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        started.add(process);
        return process;
    }

    static List<String> kindling(String... arguments) {
        return kindling(classPath(), arguments);
    }

    static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }

    /** Where the classes lie may be closed to other users: linked or copied to where they are not. */
    static String openClassPath(Path directory) throws IOException {
        var all = new ArrayList<String>();
        for (String entry : classPath().split(File.pathSeparator, -1)) {
            Path from = Path.of(entry);
            if (Files.exists(from)) {
                Path to = directory.resolve("classes" + all.size() + (Files.isDirectory(from) ? "" : ".jar"));
                all.add(to.toString());
                try (Stream<Path> files = Files.walk(from)) {
                    for (Path each : (Iterable<Path>) files::iterator) {
                        linkOrCopy(each, to.resolve(from.relativize(each).toString()));
                    }
                }
            }
        }
        return String.join(File.pathSeparator, all);
    }

    private static void linkOrCopy(Path from, Path to) throws IOException {
        if (Files.isDirectory(from)) {
            Files.createDirectory(to);
            return;
        }
        try {
            Files.createLink(to, from);
        } catch (FileSystemException e) {
            // on another file system
            Files.copy(from, to);
        }
    }

    static List<String> java(String classPath, String main) {
        return List.of(System.getProperty("java.home") + "/bin/java", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-XX:TieredStopAtLevel=1", "-cp", classPath, main);
    }

    private static List<String> kindling(String classPath, String... arguments) {
        var command = new ArrayList<>(java(classPath, "dev.kindling.tui.Main"));
        command.add("pxe");
        command.addAll(List.of(arguments));
        return command;
    }

    private Process start(Process holder, List<String> command) throws IOException {
        Process process = new ProcessBuilder(join(enter(holder), command)).redirectErrorStream(true).start();
        started.add(process);
        process.getOutputStream().close();
        return process;
    }

    private static Ended toEnd(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("does not end: " + output);
        }
        return new Ended(process.exitValue(), output);
    }

    private static List<String> join(List<String> first, List<String> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    @Override
    public void close() {
        // afterwards none of them holds a file
        started.reversed().forEach(process -> process.destroyForcibly().onExit()
                .completeOnTimeout(process, PATIENCE_SECONDS, TimeUnit.SECONDS).join());
    }
}
