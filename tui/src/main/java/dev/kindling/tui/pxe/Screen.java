package dev.kindling.tui.pxe;

import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.PxeServer;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.text.Text;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A line for each event: time, machine, what it did; with {@code --json} an object. */
final class Screen implements Consumer<PxeEvent> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT)
            .withZone(ZoneId.systemDefault());
    private final Cli cli;

    Screen(Cli cli) {
        this.cli = cli;
    }

    /** What stands in every object. */
    record Line(String event, Instant at, @Nullable String mac, String text, Object details) {}

    /** The ports, as really bound; 0 where one is not used. */
    record Ready(String event, int dhcp, int proxy, int tftp, int http) {}

    void ready(PxeServer server) {
        cli.say("ready\n");
        cli.json(new Ready("Ready", server.dhcpPort(), server.proxyPort(), server.tftpPort(), server.httpPort()));
    }

    @Override
    public void accept(PxeEvent event) {
        if (cli.forPrograms()) {
            cli.json(new Line(event.getClass().getSimpleName(), event.at(),
                    event.mac() == null ? null : event.mac().value(), event.text(), event));
        } else {
            cli.say("%s %-17s %s%n".formatted(TIME.format(event.at()),
                    event.mac() == null ? "-" : event.mac().value(), Text.clean(event.text())));
        }
    }
}
