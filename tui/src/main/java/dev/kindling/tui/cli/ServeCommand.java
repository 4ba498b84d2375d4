package dev.kindling.tui.cli;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.http.ApiServer;
import dev.kindling.pxe.net.OwnCommand;
import dev.kindling.tui.Version;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling serve}. */
@Command(name = "serve", description = {"Gives this workspace's engine out over HTTP.",
        "For programs, and for every command with --connect."})
final class ServeCommand implements Callable<Integer> {
    private static final Pattern ADDRESS = Pattern
            .compile("(?:\\[(?<six>[0-9A-Fa-f:.%]+)]|(?<host>[^:\\[\\]]+)):(?<port>\\d{1,5})");

    @ParentCommand
    @Nullable
    Cli parent;

    @Option(names = "--listen", paramLabel = "ADDRESS", defaultValue = "127.0.0.1:8443", description = "HOST:PORT, or unix: a socket in the workspace (default: ${DEFAULT-VALUE}); others than loopback need TLS")
    String listen = "";

    @Option(names = "--tls", paramLabel = "HOW", description = "${COMPLETION-CANDIDATES}: with a certificate of its own, which clients know by its fingerprint")
    @Nullable
    Tls tls;

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "PEM certificate and those that vouch for it")
    @Nullable
    Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "its key, PKCS #8 in PEM")
    @Nullable
    Path key;

    @Option(names = "--print-unit", description = "prints a unit of systemd that runs this command, and serves nothing")
    boolean printUnit;

    /** Ways to a certificate, spelled as they are typed. */
    enum Tls {
        self_signed {
            @Override
            public String toString() {
                return "self-signed";
            }
        }
    }

    /** Where it is, for programs. */
    record Result(String url, String tokenFile, String fingerprint) {}

    @Override
    public Integer call() throws InterruptedException, IOException {
        Cli cli = Commands.of(parent);
        if (cli.connect != null) {
            throw Refusal.badUse("serve gives out the engine of this computer", "leave --connect out");
        }
        if (printUnit) {
            cli.world().out().print(ServeUnit.text(
                    OwnCommand.words().stream().filter(word -> !word.equals("--print-unit")).toList(),
                    cli.world().directory(), cli.workspaceDirectory()));
            return ExitCode.DONE;
        }
        ApiServer.Options options = new ApiServer.Options(listen(), tls(cli),
                cli.tokenFile == null ? null : cli.world().directory().resolve(cli.tokenFile), Version.number());
        var stop = new CountDownLatch(1);
        try (Kindling kindling = cli.openHereToRun();
                Interrupts.Registration _ = Signals.on(List.of("TERM", "INT"), stop::countDown);
                ApiServer server = ApiServer.start(kindling, kindling.workspace(), options, cli.world().clock())) {
            cli.json(new Result(server.url(), server.tokenFile().toString(), server.fingerprint()));
            cli.say("Serving " + kindling.place() + " at " + server.url() + "\n");
            cli.tell("The token is in " + server.tokenFile() + "; kindling token create makes others.\n");
            if (!server.fingerprint().isEmpty()) {
                cli.say("The certificate's SHA-256 is " + server.fingerprint() + "\n");
            }
            cli.tell(server.url().startsWith("unix:")
                    ? "  kindling status --connect " + server.url() + "\n  curl --unix-socket "
                            + server.url().substring("unix:".length()) + " http://localhost/api/v1/clusters\n"
                    : "  kindling status --connect " + server.url() + " --token-file " + server.tokenFile()
                            + (server.fingerprint().isEmpty() ? "" : " --fingerprint " + server.fingerprint()) + "\n");
            stop.await();
            cli.tell("Stopping. Runs go on.\n");
        }
        return ExitCode.DONE;
    }

    private ApiServer.Listen listen() {
        if (listen.equals("unix")) {
            return new ApiServer.Listen.Unix();
        }
        Matcher address = ADDRESS.matcher(listen);
        if (!address.matches() || Integer.parseInt(address.group("port")) > 65_535) {
            throw Refusal.badUse("'" + listen + "' is no address to listen on",
                    "such as 127.0.0.1:8443, [::1]:8443, or unix");
        }
        String host = address.group("six") == null ? address.group("host") : address.group("six");
        return new ApiServer.Listen.Tcp(host, Integer.parseInt(address.group("port")));
    }

    private ApiServer.Tls tls(Cli cli) {
        Path chain = certificate;
        Path itsKey = key;
        if ((chain == null) != (itsKey == null) || (tls != null && chain != null)) {
            throw Refusal.badUse("a certificate comes with its key, or it is self-signed",
                    "give both --tls-cert and --tls-key, or --tls self-signed");
        }
        if (chain != null && itsKey != null) {
            return new ApiServer.Tls.Certificate(cli.world().directory().resolve(chain),
                    cli.world().directory().resolve(itsKey));
        }
        return tls == null ? new ApiServer.Tls.None() : new ApiServer.Tls.SelfSigned();
    }
}
