package dev.kindling.tui.pxe;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.client.FirmwareClient;
import dev.kindling.pxe.client.Loss;
import dev.kindling.pxe.client.Machine;
import dev.kindling.pxe.client.Network;
import dev.kindling.pxe.client.Result;
import dev.kindling.pxe.client.Step;
import dev.kindling.pxe.client.Timing;
import dev.kindling.pxe.standalone.Interfaces;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Interrupts;
import dev.kindling.tui.cli.Refusal;
import dev.kindling.tui.cli.Signals;
import dev.kindling.tui.text.Text;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling pxe try}. */
@Command(name = "try", description = {"Boots from the network with a built-in client, and says which step fails.",
        "It plays the firmware, then iPXE and its script; it starts nothing. While it boots, the interface has the leased"
                + " address too. Needs root, or CAP_NET_RAW and CAP_NET_ADMIN."})
final class TryCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    PxeCommand parent;

    @Option(names = "--interface", paramLabel = "IF", required = true, description = "the network interface to boot from")
    String device = "";

    @Option(names = "--firmware", paramLabel = "FIRMWARE", defaultValue = "uefi-x64", description = "bios, uefi-x64, uefi-arm64, uefi-http or ipxe (default: ${DEFAULT-VALUE})")
    String firmware = "";

    @Option(names = "--mac", paramLabel = "MAC", description = "hardware address of the machine that is played (default: the interface's)")
    @Nullable
    String mac;

    /** A step, with the time since the machine was switched on. */
    record Line(String event, long millis, String stage, String text) {}

    /** How it ended. */
    record End(String event, long millis, boolean booted, String stage, String text) {}

    @Override
    public Integer call() throws InterruptedException {
        Cli cli = Objects.requireNonNull(parent, "try runs below pxe").cli();
        cli.withoutWorkspace();
        Machine.Kind kind = switch (firmware) {
            case "bios" -> Machine.Kind.BIOS_PXE;
            case "uefi-x64" -> Machine.Kind.UEFI_PXE;
            case "uefi-arm64" -> Machine.Kind.UEFI_ARM64_PXE;
            case "uefi-http" -> Machine.Kind.UEFI_HTTP;
            case "ipxe" -> Machine.Kind.UEFI_IPXE;
            default -> throw Refusal.badUse("there is no firmware " + firmware,
                    "--firmware bios, uefi-x64, uefi-arm64, uefi-http or ipxe");
        };
        var machine = new Machine(address(), UUID.nameUUIDFromBytes(address().bytes()), kind, Map.of());
        long start = System.nanoTime();
        Thread self = Thread.currentThread();
        try (Interrupts.Registration _ = Signals.on(List.of("TERM", "INT"), self::interrupt)) {
            Result result = new FirmwareClient(machine, Network.on(device), Timing.firmware(), Loss.none(),
                    new Random(), step -> tell(cli, start, step)).boot();
            return end(cli, millis(start), result);
        } catch (InterruptedException e) {
            return ExitCode.CANCELLED;
        }
    }

    private MacAddress address() {
        try {
            MacAddress own = Interfaces.mac(device);
            return mac == null ? own : new MacAddress(mac);
        } catch (IOException | IllegalArgumentException e) {
            throw Refusal.badUse(String.valueOf(e.getMessage()), "");
        }
    }

    private static void tell(Cli cli, long start, Step step) {
        if (cli.forPrograms()) {
            cli.json(new Line("Step", millis(start), step.stage(), step.text()));
        } else {
            cli.tell("%8.3f %-5s %s%n".formatted(millis(start) / 1000.0, step.stage(), Text.clean(step.text())));
        }
    }

    private static int end(Cli cli, long millis, Result result) {
        End end = switch (result) {
            case Result.Kernel kernel -> new End("End", millis, true, "kernel",
                    "boots %s with %d initrds".formatted(kernel.kernel(), kernel.initrds().size()));
            case Result.LocalDisk disk -> new End("End", millis, false, "disk",
                    "would go on with its disk: " + disk.reason());
            case Result.Failed failed -> new End("End", millis, false, failed.step(), failed.reason());
        };
        cli.json(end);
        cli.say("%8.3f %s%s%n".formatted(millis / 1000.0, end.booted() ? "" : "FAILED at " + end.stage() + ": ",
                Text.clean(end.text())));
        return end.booted() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static long millis(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
