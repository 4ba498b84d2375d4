package dev.kindling.engine.store;

import dev.kindling.engine.HeldPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** A real PostgreSQL of this test run, on a loopback port, as an unprivileged user; its password is in a file. */
public final class PostgresServer implements AutoCloseable {
    private static final String PASSWORD = "pg-canary-2f9c1b";

    private final Path home;
    private final Path data;
    private final Path passwordFile;
    private final List<String> unprivileged;
    private final Path programs;
    private final HeldPort port = new HeldPort();
    private final AtomicInteger schemas = new AtomicInteger();

    private PostgresServer() throws IOException, InterruptedException {
        programs = programs();
        boolean root = "root".equals(System.getProperty("user.name"));
        unprivileged = root
                ? List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
                : List.of();
        home = Files.createTempDirectory(Path.of("/tmp"), "kindling-postgres-");
        data = home.resolve("data");
        passwordFile = home.resolve("password");
        Files.writeString(passwordFile, PASSWORD + "\n");
        Files.setPosixFilePermissions(passwordFile, PosixFilePermissions.fromString("rw-------"));
        if (root) {
            run(List.of("chown", "-R", "postgres:postgres", home.toString()));
        }
        program("initdb", "--pgdata=" + data, "--username=kindling", "--auth=scram-sha-256",
                "--pwfile=" + passwordFile, "--encoding=UTF8", "--locale=C", "--no-sync");
        if (root) {
            run(List.of("chown", "root:root", passwordFile.toString()));
            run(List.of("chmod", "0711", home.toString()));
        }
        start();
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

    /** Serves; {@link #stop} ends it. The same data as before. */
    public void start() throws IOException, InterruptedException {
        program("pg_ctl", "-D", data.toString(), "-w", "-t", "60", "-l", home.resolve("data/server.log").toString(),
                "-o", "-p " + port.number() + " -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync="
                        + (Boolean.getBoolean("postgres.fsync") ? "on" : "off"),
                "start");
    }

    /** Ends it as a crash does: connections break off, nothing is tidied up. */
    public void stop() throws IOException, InterruptedException {
        program("pg_ctl", "-D", data.toString(), "-w", "-m", "immediate", "stop");
    }

    /**
     * From now on connections may be encrypted.
     *
     * @return the certificate of the server, which is its own authority
     */
    Path encrypt(String state) throws IOException, InterruptedException, SQLException {
        Path certificate = home.resolve("server.crt");
        run(List.of("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                "-days", "2", "-subj", "/CN=kindling-test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                home.resolve("server.key").toString(), "-out", certificate.toString()));
        if ("root".equals(System.getProperty("user.name"))) {
            run(List.of("chown", "postgres:postgres", home.resolve("server.key").toString()));
        }
        sql(state, "ALTER SYSTEM SET ssl_cert_file = '" + certificate + "'",
                "ALTER SYSTEM SET ssl_key_file = '" + home.resolve("server.key") + "'", "ALTER SYSTEM SET ssl = on",
                "SELECT pg_reload_conf()");
        return certificate;
    }

    /** The opposite of {@link #encrypt}. */
    void encryptNoMore(String state) throws IOException, InterruptedException, SQLException {
        sql(state, "ALTER SYSTEM RESET ALL", "SELECT pg_reload_conf()");
        run(List.of("rm", "-f", home.resolve("server.key").toString(), home.resolve("server.crt").toString()));
    }

    /** The address of a state that nobody has used yet. */
    public String freshState() {
        return "postgresql://kindling@127.0.0.1:" + port.number() + "/postgres?currentSchema=test"
                + schemas.incrementAndGet();
    }

    /** What a process needs to reach a state. */
    public Map<String, String> environment(String state) {
        return Map.of(Store.STATE, state, Postgres.PASSWORD_FILE, passwordFile.toString());
    }

    /** The password, so that a test can look for it where it must not be. */
    public String password() {
        return PASSWORD;
    }

    /** All of it, as {@code pg_dump} writes it for a backup. */
    public byte[] dump() throws IOException, InterruptedException {
        var builder = new ProcessBuilder(programs.resolve("pg_dump").toString(), "--host=127.0.0.1",
                "--port=" + port.number(),
                "--username=kindling", "postgres").redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("PGPASSWORD", PASSWORD);
        Process dump = builder.start();
        byte[] text = dump.getInputStream().readAllBytes();
        if (dump.waitFor() != 0) {
            throw new IOException("pg_dump failed");
        }
        return text;
    }

    Store open(String state, Owner owner) throws IOException {
        return Store.open(Postgres.at(state, environment(state)), owner);
    }

    /** An administrator's connection. */
    Connection connect(String state) throws SQLException {
        String schema = state.substring(state.indexOf('=') + 1);
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + port.number() + "/postgres?currentSchema=" + schema, "kindling",
                PASSWORD);
    }

    void sql(String state, String... statements) throws SQLException {
        try (Connection connection = connect(state); Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    int port() {
        return port.number();
    }

    private void program(String name, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(unprivileged);
        command.add(programs.resolve(name).toString());
        command.addAll(List.of(arguments));
        run(command);
    }

    private void run(List<String> command) throws IOException, InterruptedException {
        Path log = home.resolve("command.log");
        Process process = new ProcessBuilder(command).directory(Path.of("/").toFile()).redirectErrorStream(true)
                .redirectOutput(log.toFile()).start();
        if (!process.waitFor(90, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " failed: " + Files.readString(log));
        }
    }

    @Override
    public void close() throws IOException {
        try {
            stop();
            port.close();
            run(List.of("rm", "-rf", data.toString()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the database was stopped", e);
        }
        Files.deleteIfExists(passwordFile);
        Files.deleteIfExists(home.resolve("command.log"));
        Files.delete(home);
    }

    /** One server for all tests of this JVM, ended with them. */
    public static final class Shared implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext extension) {
            return parameter.getParameter().getType() == PostgresServer.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext extension) {
            return extension.getRoot().getStore(ExtensionContext.Namespace.create(PostgresServer.class))
                    .computeIfAbsent(PostgresServer.class, _ -> {
                        try {
                            return new PostgresServer();
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            throw new IllegalStateException(e);
                        }
                    }, PostgresServer.class);
        }
    }
}
