package dev.kindling.tui.pxe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A unit of systemd that runs the boot service with two capabilities and as a user of its own (systemd.exec(5)):
 * CAP_NET_BIND_SERVICE for the ports below 1024, CAP_NET_RAW for sockets of one interface and for ARP. It needs no
 * CAP_NET_ADMIN: it changes no interface, route or neighbour.
 */
final class ServiceUnit {
    private static final Path STATE = Path.of("/var/lib");

    private ServiceUnit() {}

    /**
     * Its text.
     *
     * @param command what starts the service, with its options
     * @param directory what relative paths of the options are relative to
     * @param written files that the service writes
     * @throws IOException where nobody but root may write one of them: the message says what to do
     */
    static String text(List<String> command, Path directory, List<Path> written) throws IOException {
        var states = new TreeSet<String>();
        var others = new TreeSet<Path>();
        for (Path file : written) {
            Path parent = parent(directory.resolve(file).toAbsolutePath().normalize());
            if (parent.startsWith(STATE) && !parent.equals(STATE)) {
                states.add(STATE.relativize(parent).toString());
            } else {
                others.add(parent);
            }
        }
        var lines = new ArrayList<String>();
        lines.addAll(List.of("# /etc/systemd/system/kindling-pxe.service", "[Unit]", "Description=Network boot",
                "Wants=network-online.target", "After=network-online.target", "", "[Service]",
                "ExecStart=" + command.stream().map(ServiceUnit::quoted).collect(Collectors.joining(" ")),
                // paths take no quotes, but specifiers
                "WorkingDirectory=" + directory.toAbsolutePath().normalize().toString().replace("%", "%%"),
                "Environment=" + quoted("KINDLING_JDK=" + System.getProperty("java.home")),
                others.isEmpty() ? "DynamicUser=yes" : "User=" + owner(others)));
        if (!states.isEmpty()) {
            lines.add("StateDirectory=" + states.stream().map(ServiceUnit::quoted).collect(Collectors.joining(" ")));
        }
        if (!others.isEmpty()) {
            lines.add("ReadWritePaths="
                    + others.stream().map(Path::toString).map(ServiceUnit::quoted).collect(Collectors.joining(" ")));
        }
        lines.addAll(List.of("UMask=0077", "AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW",
                "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW", "NoNewPrivileges=yes",
                "ProtectSystem=strict", "ProtectHome=read-only", "PrivateTmp=yes", "PrivateDevices=yes",
                "ProtectClock=yes", "ProtectControlGroups=yes", "ProtectHostname=yes", "ProtectKernelLogs=yes",
                "ProtectKernelModules=yes", "ProtectKernelTunables=yes", "LockPersonality=yes",
                "RestrictNamespaces=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes",
                // the frames of ARP; the list of interfaces
                "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_PACKET AF_NETLINK",
                "SystemCallArchitectures=native", "SystemCallFilter=@system-service", "Restart=on-failure",
                "", "[Install]", "WantedBy=multi-user.target", ""));
        return String.join("\n", lines);
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    private static String owner(Iterable<Path> directories) throws IOException {
        var owners = new TreeSet<String>();
        for (Path directory : directories) {
            if (!Files.isDirectory(directory)) {
                throw new IOException("there is no directory %s. Make it, and give it to the user of the service; or"
                        .formatted(directory) + " name a file below /var/lib/kindling, which systemd makes");
            }
            owners.add(Files.getOwner(directory).getName());
        }
        if (owners.size() > 1 || owners.contains("root")) {
            throw new IOException(("the directories %s belong to %s, but the service is to run as one user other than"
                    + " root. Name files below /var/lib/kindling, which systemd makes for it").formatted(directories,
                            String.join(" and ", owners)));
        }
        return owners.first();
    }

    /** Words that need no quotes go without. */
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@+=:,./-]+") ? word : escaped(word);
    }

    /** A word as systemd reads it (systemd.service(5)): no specifiers, no variables. */
    private static String escaped(String word) {
        return '"' + word.replace("\\", "\\\\").replace("\"", "\\\"").replace("%", "%%").replace("$", "$$") + '"';
    }
}
