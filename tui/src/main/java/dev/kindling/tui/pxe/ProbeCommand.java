package dev.kindling.tui.pxe;

import dev.kindling.pxe.client.Probe;
import dev.kindling.pxe.standalone.Interfaces;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Refusal;
import dev.kindling.tui.text.Text;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling pxe probe}. */
@Command(name = "probe", description = {"Shows which DHCP and PXE servers answer on a network, and with what.",
        "It asks as each kind of firmware, takes no offer, and asks whether the boot files are there. Needs root, or"
                + " CAP_NET_RAW."})
final class ProbeCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    PxeCommand parent;

    @Option(names = "--interface", paramLabel = "IF", required = true, description = "the network interface to ask on")
    String device = "";

    @Option(names = "--wait", paramLabel = "TIME", defaultValue = "3s", converter = Seconds.class, description = "for answers (default: ${DEFAULT-VALUE})")
    Duration wait = Duration.ofSeconds(3);

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Objects.requireNonNull(parent, "probe runs below pxe").cli();
        cli.withoutWorkspace();
        Probe.Report report;
        InetAddress own = own();
        try {
            report = Probe.run(device, Interfaces.mac(device), own, wait, new Random());
        } catch (IOException e) {
            throw Refusal.failed(String.valueOf(e.getMessage()), "");
        }
        cli.json(report);
        cli.say("%-14s %-15s %-11s %-15s %-7s %-15s %s%n".formatted("as", "server", "role", "address", "lease",
                "next server", "boot file"));
        for (Probe.Found each : report.answers()) {
            cli.say("%-14s %-15s %-11s %-15s %-7s %-15s %s%s%n".formatted(
                    each.asked().name().toLowerCase(Locale.ROOT).replace('_', '-'), text(each.server()), each.role(),
                    text(each.address()), each.leaseSeconds() < 0 ? "-" : each.leaseSeconds() + "s",
                    text(each.nextServer()), each.bootFile() == null ? "-" : Text.clean(each.bootFile()),
                    each.vendorOptions().isEmpty() ? "" : "  (option 43: " + vendorOptions(each) + ")"));
        }
        report.files().stream().filter(file -> file.problem() == null)
                .forEach(file -> cli.say("file " + Text.clean(file.text()) + "\n"));
        if (own == null && !report.answers().isEmpty()) {
            cli.remark("%s has no IPv4 address: neither port 4011 nor the boot files were asked for".formatted(device));
        }
        report.warnings().forEach(warning -> cli.say("warning: " + Text.clean(warning) + "\n"));
        return ExitCode.DONE;
    }

    /** Port 4011 is asked from an address, where the interface has one. */
    private @Nullable InetAddress own() {
        try {
            List<Interfaces.Address> addresses = Interfaces.addresses(device);
            return addresses.getFirst().address();
        } catch (IOException e) {
            return null;
        }
    }

    private static String vendorOptions(Probe.Found answer) {
        return answer.vendorWords().isEmpty()
                ? answer.vendorOptions()
                : Text.clean(String.join("; ", answer.vendorWords()));
    }

    private static String text(@Nullable InetAddress address) {
        return address == null ? "-" : address.getHostAddress();
    }
}
