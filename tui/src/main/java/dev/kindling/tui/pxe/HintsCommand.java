package dev.kindling.tui.pxe;

import dev.kindling.pxe.standalone.BootSettings;
import dev.kindling.pxe.standalone.RootDirectory;
import dev.kindling.pxe.standalone.ServerHints;
import dev.kindling.tui.cli.Cli;
import dev.kindling.tui.cli.ExitCode;
import dev.kindling.tui.cli.Refusal;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code kindling pxe hints}. */
@Command(name = "hints", description = {"Prints what to set on your own DHCP server, so that it sends machines here.",
        "For a network without our ProxyDHCP: run \"serve\" with --mode none, and with the same files as here."})
final class HintsCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    PxeCommand parent;

    @Option(names = "--server", paramLabel = "SERVER", defaultValue = "all", description = "isc, kea, dnsmasq, mikrotik, windows, unifi or all (default: ${DEFAULT-VALUE})")
    String server = "all";

    @Option(names = "--address", paramLabel = "IP", converter = Addresses.class, description = "of the boot service (default: this host's, where it has one only)")
    @Nullable
    Inet4Address address;

    @Option(names = "--root", paramLabel = "DIR", description = "the directory that is served: the files are looked up in it")
    @Nullable
    Path root;

    @Option(names = "--http-port", paramLabel = "PORT", defaultValue = "80", description = "TCP, of the boot service (default: ${DEFAULT-VALUE})")
    int httpPort;

    @Option(names = "--bios", paramLabel = "FILE", description = "loader for BIOS (default: undionly.kpxe)")
    @Nullable
    String bios;

    @Option(names = "--uefi-x64", paramLabel = "FILE", description = "loader for UEFI on x86 (default: snponly.efi)")
    @Nullable
    String uefiX64;

    @Option(names = "--uefi-arm64", paramLabel = "FILE", description = "loader for UEFI on ARM (default: snponly-arm64.efi)")
    @Nullable
    String uefiArm64;

    @Option(names = "--uefi-http", paramLabel = "URL|PATH", description = "loader for UEFI HTTP Boot (default: the one of --uefi-x64 or --uefi-arm64)")
    @Nullable
    String uefiHttp;

    @Option(names = "--ipxe-script", paramLabel = "PATH", description = "what iPXE runs (default: boot.ipxe)")
    @Nullable
    String script;

    @Override
    public Integer call() {
        Cli cli = Objects.requireNonNull(parent, "hints runs below pxe").cli();
        cli.withoutWorkspace();
        List<ServerHints.Server> wanted = Arrays.stream(ServerHints.Server.values())
                .filter(each -> server.equals("all") || name(each).equals(server)).toList();
        if (wanted.isEmpty()) {
            throw Refusal.badUse("there is no server " + server,
                    "--server isc, kea, dnsmasq, mikrotik, windows, unifi or all");
        }
        try {
            var hints = ServerHints.of(address != null ? address : own(), httpPort, settings(cli));
            Map<String, String> texts = new LinkedHashMap<>();
            wanted.forEach(each -> texts.put(name(each), hints.text(each)));
            cli.json(texts);
            cli.say(String.join("\n", texts.values()));
        } catch (IOException e) {
            throw Refusal.failed(String.valueOf(e.getMessage()), "");
        } catch (IllegalArgumentException e) {
            throw Refusal.badUse(String.valueOf(e.getMessage()), "kindling pxe hints --help");
        }
        return ExitCode.DONE;
    }

    private static String name(ServerHints.Server server) {
        return server.name().toLowerCase(Locale.ROOT);
    }

    private BootSettings settings(Cli cli) throws IOException {
        var named = new BootSettings(bios, uefiX64, uefiArm64, uefiHttp, script, null, null, List.of(), null);
        if (root == null) {
            return named;
        }
        BootSettings found = new RootDirectory(root, named, List.of(), List.of(), () -> httpPort).settings();
        remarkWithout(cli, found.bios(), "loader for BIOS", "undionly.kpxe");
        remarkWithout(cli, found.uefiX64(), "loader for UEFI on x86", "snponly.efi");
        remarkWithout(cli, found.uefiArm64(), "loader for UEFI on ARM", "snponly-arm64.efi");
        remarkWithout(cli, found.script(), "script for iPXE", "boot.ipxe");
        return found;
    }

    private void remarkWithout(Cli cli, @Nullable String file, String what, String usual) {
        if (file == null) {
            cli.remark("%s has no %s yet: the hints say %s".formatted(root, what, usual));
        }
    }

    /** This host's only address, where there is no doubt. */
    private static Inet4Address own() throws IOException {
        List<Inet4Address> all = NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(each -> !each.isLoopbackAddress() && !each.isLinkLocalAddress())
                .filter(Inet4Address.class::isInstance).map(Inet4Address.class::cast).toList();
        if (all.size() != 1) {
            throw Refusal.badUse(all.isEmpty()
                    ? "this host has no IPv4 address that machines could reach"
                    : "this host has several addresses: "
                            + all.stream().map(Inet4Address::getHostAddress).collect(Collectors.joining(", ")),
                    "--address IP says which one the boot service has");
        }
        return all.getFirst();
    }
}
