package dev.kindling.engine;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.http.ApiServer;
import dev.kindling.engine.http.HttpKindling;
import dev.kindling.engine.http.Trust;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What {@code kindling serve} does, in a process of its own, with the runs in processes of their own. */
final class ServerProcess implements AutoCloseable {
    private final Path workspace;
    private final Process process;
    private final URI url;
    private final HttpClient client = HttpClient.newHttpClient();

    /** @param elsewhere in a PID name space of its own, as on another computer: it sees no process of the others */
    ServerProcess(Path workspace, Map<String, String> environment, boolean elsewhere) throws IOException {
        this.workspace = workspace;
        var command = new ArrayList<String>();
        if (elsewhere) {
            command.addAll(List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc"));
        }
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", System.getProperty("java.class.path"),
                ServerProcess.class.getName(), workspace.toString()));
        var builder = new ProcessBuilder(command).redirectError(workspace.resolveSibling(workspace.getFileName()
                + ".log").toFile());
        builder.environment().putAll(environment);
        process = builder.start();
        // one line, among those of the log
        BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
        String line = out.readLine();
        while (line != null && !line.startsWith("URL ")) {
            line = out.readLine();
        }
        if (line == null) {
            throw new IOException("the server did not start: " + Files.readString(workspace.resolveSibling(
                    workspace.getFileName() + ".log")));
        }
        url = URI.create(line.substring(4));
        Thread.ofVirtual().start(() -> out.lines().forEach(_ -> {}));
    }

    /** Serves until its standard input ends. */
    public static void main(String... arguments) throws IOException {
        Path workspace = Path.of(arguments[0]);
        try (Kindling engine = Engine.open(workspace);
                ApiServer server = ApiServer.start(engine, workspace, new ApiServer.Options(
                        new ApiServer.Listen.Tcp("127.0.0.1", 0), new ApiServer.Tls.None(), null, "test"),
                        Clock.systemUTC())) {
            System.out.println("URL " + server.url());
            while (System.in.read() >= 0) {
                // until its end
            }
        }
    }

    Kindling client(Path directory) {
        return HttpKindling.connect(new HttpKindling.Connection(url, workspace.resolve("api-token"),
                new Trust.Computer(), directory));
    }

    HttpRequest.Builder request(String path) throws IOException {
        return HttpRequest.newBuilder(url.resolve(path)).header("Authorization",
                "Bearer " + Files.readString(workspace.resolve("api-token")).strip());
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() throws IOException {
        client.close();
        process.getOutputStream().close();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
