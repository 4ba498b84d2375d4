package dev.kindling.engine;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.http.ApiServer;
import dev.kindling.engine.http.HttpKindling;
import dev.kindling.engine.http.Trust;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.function.UnaryOperator;

/** An engine with runs in this process, and a server in front of it. */
final class Served implements AutoCloseable {
    private final Path workspace;
    private final Engine engine;
    private final HttpClient client = HttpClient.newHttpClient();
    private ApiServer server;

    Served(Path workspace) throws IOException {
        this(workspace, new ApiServer.Listen.Tcp("127.0.0.1", 0));
    }

    Served(Path workspace, ApiServer.Listen listen) throws IOException {
        this.workspace = workspace;
        this.engine = Racks.engine(workspace, UnaryOperator.identity());
        this.server = start(listen);
    }

    private ApiServer start(ApiServer.Listen listen) {
        return ApiServer.start(engine, workspace,
                new ApiServer.Options(listen, new ApiServer.Tls.None(), null, "test"), Clock.systemUTC());
    }

    Engine engine() {
        return engine;
    }

    URI url() {
        return URI.create(server.url());
    }

    void stop() {
        server.close();
    }

    /** The server again, at the same address; the engine has gone on. */
    void startAgain() {
        server = start(new ApiServer.Listen.Tcp("127.0.0.1", url().getPort()));
    }

    Kindling client(Path directory) {
        boolean unix = url().getScheme().equals("unix");
        return HttpKindling.connect(new HttpKindling.Connection(url(), unix ? null : server.tokenFile(),
                new Trust.Computer(), directory));
    }

    String token() throws IOException {
        return Files.readString(server.tokenFile()).strip();
    }

    /** A request with the administrator's token. */
    HttpRequest.Builder request(String path) throws IOException {
        return HttpRequest.newBuilder(url().resolve(path)).header("Authorization", "Bearer " + token());
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    @Override
    public void close() {
        client.close();
        server.close();
        engine.close();
    }
}
