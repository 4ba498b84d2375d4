package dev.kindling.tui.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A unit of systemd that serves a workspace (systemd.exec(5), systemd.kill(5)). Runs are processes of their own and
 * outlive a restart of the unit, hence {@code KillMode=process}. They serve real machines, hence two capabilities, and
 * make virtual racks, hence devices and namespaces.
 */
final class ServeUnit {
    private ServeUnit() {}

    /** @throws IOException where the workspace's owner cannot be told */
    static String text(List<String> command, Path directory, Path workspace) throws IOException {
        Path existing = workspace.toAbsolutePath().normalize();
        while (!Files.exists(existing) && existing.getParent() != null) {
            existing = existing.getParent();
        }
        return String.join("\n", "# /etc/systemd/system/kindling.service", "[Unit]", "Description=Kindling",
                "Wants=network-online.target", "After=network-online.target", "", "[Service]",
                "ExecStart=" + command.stream().map(ServeUnit::quoted).collect(Collectors.joining(" ")),
                // paths take no quotes, but specifiers
                "WorkingDirectory=" + directory.toAbsolutePath().normalize().toString().replace("%", "%%"),
                "Environment=" + quoted("KINDLING_JDK=" + System.getProperty("java.home")),
                "User=" + Files.getOwner(existing).getName(), "UMask=0077", "KillMode=process",
                "AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW", "NoNewPrivileges=yes", "ProtectSystem=full",
                "ProtectClock=yes", "ProtectHostname=yes", "ProtectKernelLogs=yes", "ProtectKernelModules=yes",
                "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "SystemCallArchitectures=native",
                "Restart=on-failure", "", "[Install]", "WantedBy=multi-user.target", "");
    }

    /** A word as systemd reads it (systemd.service(5)): no specifiers, no variables; plain ones go without quotes. */
    private static String quoted(String word) {
        return word.matches("[A-Za-z0-9_@+=:,./-]+")
                ? word
                : '"' + word.replace("\\", "\\\\").replace("\"", "\\\"").replace("%", "%%").replace("$", "$$") + '"';
    }
}
