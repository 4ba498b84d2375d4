package dev.kindling.tui.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Computers with host names, addresses, processes and workspaces of their own, and a PostgreSQL server that they share,
 * on a switch: name spaces of this computer, made as root or by any user in a user name space, gone with their first
 * process.
 */
final class Computers implements AutoCloseable {
    private static final String PASSWORD = "pg-canary-77ab10";
    private static final String DATABASE = "10.88.0.1";

    private final boolean root = "root".equals(System.getProperty("user.name"));
    private final Path home;
    private final Path programs;
    private final Process hub;
    private final List<Process> started = new ArrayList<>();

    /** How a command ended. */
    record Ended(int code, String output) {}

    Computers(Path home) throws IOException, InterruptedException {
        this.home = home;
        this.programs = programs();
        hub = holder(root ? List.of("unshare", "--net") : List.of("unshare", "--user", "--map-root-user", "--net"),
                "ip link set lo up && ip link add switch type bridge && ip address add " + DATABASE
                        + "/24 dev switch && ip link set switch up");
        Path password = Files.writeString(home.resolve("password"), PASSWORD + "\n");
        Files.setPosixFilePermissions(password, PosixFilePermissions.fromString("rw-------"));
        Path server = Files.createDirectory(home.resolve("pg"));
        Path own = Files.copy(password, server.resolve("password"));
        if (root) {
            // whoever runs the server must be able to come here
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwx--x--x"));
            done(List.of("chown", "-R", "postgres:postgres", server.toString()));
        }
        database("initdb", "--pgdata=" + data(), "--username=kindling", "--auth-host=scram-sha-256",
                "--auth-local=trust", "--pwfile=" + own, "--encoding=UTF8", "--locale=C", "--no-sync");
        Files.writeString(data().resolve("pg_hba.conf"),
                "local all kindling trust\nhost all kindling 10.88.0.0/24 scram-sha-256\n");
        startDatabase();
    }

    private static Path programs() throws IOException {
        try (var versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("postgres"))).max(Comparator.naturalOrder())
                    .orElseThrow(() -> new IOException("no PostgreSQL; apt-get install postgresql-15"));
        } catch (java.nio.file.NoSuchFileException e) {
            throw new IOException("no PostgreSQL; apt-get install postgresql-15", e);
        }
    }

    private Path data() {
        return home.resolve("pg").resolve("data");
    }

    void startDatabase() throws IOException, InterruptedException {
        database("pg_ctl", "-D", data().toString(), "-w", "-t", "60", "-l", data().resolve("server.log").toString(),
                "-o", "-c listen_addresses=" + DATABASE + " -c unix_socket_directories=" + home.resolve("pg")
                        + " -c fsync=off",
                "start");
    }

    /** As a crash ends it: connections break off, nothing is tidied up. */
    void stopDatabase() throws IOException, InterruptedException {
        database("pg_ctl", "-D", data().toString(), "-w", "-m", "immediate", "stop");
    }

    /** Rows of columns, separated by bars, as psql prints them. */
    List<String> sql(String query) throws IOException, InterruptedException {
        return done(List.of("psql", "-X", "-A", "-t", "-h", home.resolve("pg").toString(), "-U", "kindling", "-d",
                "postgres", "-c", query)).lines().toList();
    }

    private void database(String program, String... arguments) throws IOException, InterruptedException {
        // PostgreSQL does not run as root, not even as the root of a user name space
        var command = new ArrayList<>(enter(hub.pid(), "-n"));
        command.addAll(root
                ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
                : List.of("unshare", "--user", "--map-user=1000", "--map-group=1000"));
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        done(command);
    }

    /** A computer on the switch, with an empty workspace. */
    Computer computer(String name, int number) throws IOException, InterruptedException {
        var inHub = new ArrayList<>(enter(hub.pid(), "-n"));
        inHub.addAll(List.of("unshare", "--uts", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"));
        Process holder = holder(inHub, "hostname " + name + " && ip link set lo up");
        long first = firstProcess(holder);
        done(join(enter(hub.pid(), "-n"), List.of("ip", "link", "add", "port" + number, "master", "switch", "up",
                "type", "veth", "peer", "name", "eth0", "netns", Long.toString(first))));
        var computer = new Computer(name, first, Files.createDirectory(home.resolve(name)));
        computer.run("ip", "address", "add", "10.88.0." + number + "/24", "dev", "eth0");
        computer.plug();
        return computer;
    }

    /** {@code unshare --fork} and {@code nsenter} wait for the process that is the first one there. */
    private static long firstProcess(Process holder) {
        ProcessHandle last = holder.toHandle();
        while (true) {
            var child = last.children().findFirst();
            if (child.isEmpty()) {
                return last.pid();
            }
            last = child.get();
        }
    }

    /** One operator's. */
    final class Computer {
        private final String name;
        private final long first;
        private final Path directory;
        private final Map<String, String> environment = new LinkedHashMap<>();

        private Computer(String name, long first, Path directory) {
            this.name = name;
            this.first = first;
            this.directory = directory;
            environment.put("KINDLING_WORKSPACE", directory.resolve("workspace").toString());
            environment.put("KINDLING_STATE", "postgresql://kindling@" + DATABASE + "/postgres");
            environment.put("KINDLING_STATE_PASSWORD_FILE", home.resolve("password").toString());
            environment.put("KINDLING_KEY_FILE", home.resolve("key").toString());
        }

        Path workspace() {
            return directory.resolve("workspace");
        }

        void set(String variable, String value) {
            environment.put(variable, value);
        }

        void unplug() throws IOException, InterruptedException {
            run("ip", "link", "set", "eth0", "down");
        }

        void plug() throws IOException, InterruptedException {
            run("ip", "link", "set", "eth0", "up");
        }

        /** Sends a signal to a process by the number that it has on this computer. */
        void signal(String signal, String pid) throws IOException, InterruptedException {
            run("kill", "-" + signal, pid);
        }

        boolean runs(String pid) throws IOException, InterruptedException {
            return toEnd(start(inside(List.of("sh", "-c", "grep -q '^State:.[^ZX]' /proc/" + pid + "/status")),
                    home.resolve(name + ".probe"))).code() == 0;
        }

        /** A command that goes well. */
        String run(String... command) throws IOException, InterruptedException {
            return done(inside(List.of(command)));
        }

        /** {@code kindling ...}, to its end. */
        Ended kindling(String... arguments) throws IOException, InterruptedException {
            return toEnd(begin(arguments));
        }

        /** {@code kindling ...}, under way. */
        Running begin(String... arguments) throws IOException {
            var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
                    "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "dev.kindling.tui.Main"));
            command.addAll(List.of(arguments));
            return start(inside(command), Files.createTempFile(home, name, ".out"), environment);
        }

        private List<String> inside(List<String> command) {
            return join(enter(first, "-n", "-u", "-p", "-m"), command);
        }
    }

    /** A command under way, and where its output goes. */
    record Running(Process process, Path output) {}

    private List<String> enter(long pid, String... spaces) {
        var command = new ArrayList<>(List.of("nsenter", "-t", Long.toString(pid)));
        if (!root) {
            command.addAll(List.of("-U", "--preserve-credentials"));
        }
        command.addAll(List.of(spaces));
        return command;
    }

    private Process holder(List<String> unshare, String setUp) throws IOException {
        Process holder = new ProcessBuilder(join(unshare, List.of("sh", "-c", setUp + " && echo up && exec cat")))
                .redirectErrorStream(true).start();
        started.add(holder);
        String said = holder.inputReader(StandardCharsets.UTF_8).readLine();
        if (!"up".equals(said)) {
            throw new IOException("no name spaces (packages util-linux and iproute2): " + said);
        }
        return holder;
    }

    private Running start(List<String> command, Path output) throws IOException {
        return start(command, output, Map.of());
    }

    private Running start(List<String> command, Path output, Map<String, String> environment) throws IOException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).directory(home.toFile())
                .redirectOutput(output.toFile()).redirectInput(new File("/dev/null"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        started.add(process);
        return new Running(process, output);
    }

    Ended toEnd(Running running) throws IOException, InterruptedException {
        if (!running.process().waitFor(90, TimeUnit.SECONDS)) {
            throw new IOException(running.process().info() + " does not end: " + Files.readString(running.output()));
        }
        started.remove(running.process());
        return new Ended(running.process().exitValue(), Files.readString(running.output()));
    }

    private String done(List<String> command) throws IOException, InterruptedException {
        Ended ended = toEnd(start(command, Files.createTempFile(home, "command", ".out")));
        if (ended.code() != 0) {
            throw new IOException(String.join(" ", command) + ": " + ended.output());
        }
        return ended.output();
    }

    private static List<String> join(List<String> first, List<String> second) {
        var all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    @Override
    public void close() throws IOException {
        try {
            if (Files.exists(data().resolve("postmaster.pid"))) {
                stopDatabase();
            }
            for (Process process : started.reversed()) {
                process.destroyForcibly().waitFor();
            }
            if (root) {
                done(List.of("rm", "-rf", home.resolve("pg").toString()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the computers were taken away", e);
        }
    }
}
