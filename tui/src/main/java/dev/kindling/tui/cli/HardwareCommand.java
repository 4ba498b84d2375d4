package dev.kindling.tui.cli;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.tui.text.HardwareText;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling hardware}. */
@Command(name = "hardware", description = "What this computer is made of.")
final class HardwareCommand implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @ParentCommand
    @Nullable
    Cli parent;

    @Option(names = "--send", paramLabel = "URL", description = "post it there, as JSON, besides showing it")
    @Nullable
    URI receiver;

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Commands.of(parent);
        try (Kindling kindling = cli.open()) {
            Hardware hardware = kindling.hardware();
            cli.json(hardware);
            HardwareText.lines(hardware).forEach(line -> cli.say(line + "\n"));
            if (receiver != null) {
                send(receiver, Json.line(hardware));
                cli.tell("Sent to " + receiver + ".\n");
            }
            return ExitCode.DONE;
        }
    }

    private static void send(URI receiver, String json) throws InterruptedException {
        String remedy = "the receiver is to answer a POST of application/json with a status of 200 to 299";
        if (receiver.getHost() == null || !String.valueOf(receiver.getScheme()).matches("https?")) {
            throw Refusal.badUse("'" + receiver + "' is no address of a receiver", "http://10.77.0.1:8080/inventory");
        }
        try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            HttpResponse<Void> answer = client.send(
                    HttpRequest.newBuilder(receiver).timeout(PATIENCE).header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(json)).build(),
                    HttpResponse.BodyHandlers.discarding());
            if (answer.statusCode() / 100 != 2) {
                throw Refusal.failed(receiver + " answered with status " + answer.statusCode(), remedy);
            }
        } catch (IOException e) {
            String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            throw Refusal.failed("the hardware could not be sent to " + receiver + ": " + why, remedy);
        }
    }
}
