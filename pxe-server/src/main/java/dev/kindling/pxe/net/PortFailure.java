package dev.kindling.pxe.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Turns "cannot bind" into what is in the way and what to do about it. */
public final class PortFailure {
    private static final int PRIVILEGED = 1024;
    /** Columns of /proc/net/udp and /proc/net/tcp. */
    private static final int LOCAL = 1;
    private static final int STATE = 3;
    private static final int UID = 7;
    private static final int INODE = 9;
    /** TCP_LISTEN. */
    private static final String LISTENING = "0A";

    /** The transport, as /proc/net calls it. */
    public enum Transport {
        UDP,
        TCP
    }

    private PortFailure() {}

    /**
     * An error whose message names the port, what is in the way, and the remedy.
     *
     * @param service such as "DHCP"
     * @param where an address or an interface
     * @param cause what the attempt to bind threw
     */
    public static IOException explain(String service, Transport transport, String where, int port, Throwable cause) {
        String what = "%s cannot listen on %s, port %d/%s: ".formatted(service, where, port, transport);
        String text = messages(cause);
        if (text.contains("Address already in use")) {
            List<String> holders = holders(Path.of("/proc"), transport, port);
            String who = holders.isEmpty() ? "another process" : String.join(" and ", holders);
            return new IOException(what + who + (holders.size() > 1 ? " hold it" : " holds it")
                    + ". Stop that service, or do not start this one on that network.", cause);
        }
        if (text.contains("Permission denied") || text.contains("Operation not permitted")) {
            return new IOException(what + (port < PRIVILEGED && port != 0
                    ? "ports below 1024 need the capability CAP_NET_BIND_SERVICE"
                    : "binding to an interface needs the capability CAP_NET_RAW")
                    + ". Run as root, or give it only what it needs: " + OwnCommand.withPrivileges(), cause);
        }
        if (text.contains("Cannot assign requested address")) {
            return new IOException(what + "this machine does not have that address. Give it to the interface"
                    + " (ip address add), or name another one.", cause);
        }
        if (text.contains("No such device")) {
            return new IOException(what + "there is no such interface. \"ip link\" lists those that are there.", cause);
        }
        return new IOException(what + text, cause);
    }

    private static String messages(Throwable cause) {
        var all = new ArrayList<String>();
        for (Throwable each = cause; each != null && all.size() < 8; each = each.getCause()) {
            all.add(String.valueOf(each.getMessage()));
        }
        return String.join("; ", all);
    }

    /** The processes with a socket on that port, such as "dnsmasq (process 812)". */
    static List<String> holders(Path proc, Transport transport, int port) {
        Map<String, String> uidOfInode = new HashMap<>();
        String name = transport.name().toLowerCase(Locale.ROOT);
        for (String table : List.of(name, name + "6")) {
            uidOfInode.putAll(sockets(proc.resolve("net").resolve(table), transport, port));
        }
        var holders = new ArrayList<String>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                for (String inode : openSockets(process, uidOfInode)) {
                    uidOfInode.remove(inode);
                    holders.add("%s (process %s)".formatted(command(process), process.getFileName()));
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // processes come and go; what was found so far is told
            holders.trimToSize();
        }
        // the descriptors of other users' processes can only be read by root
        uidOfInode.values().stream().distinct().forEach(uid -> holders.add("a process of user id " + uid));
        return holders.stream().distinct().toList();
    }

    /** Inode and user id of each socket on the port. */
    private static Map<String, String> sockets(Path table, Transport transport, int port) {
        String suffix = ":%04X".formatted(port);
        var found = new HashMap<String, String>();
        try {
            for (String line : Files.readAllLines(table)) {
                String[] words = line.trim().split("\\s+", -1);
                if (words.length > INODE && words[LOCAL].endsWith(suffix)
                        && (transport == Transport.UDP || words[STATE].equals(LISTENING))) {
                    found.put(words[INODE], words[UID]);
                }
            }
        } catch (IOException e) {
            // no IPv6 on this machine: nothing holds the port there
            return found;
        }
        return found;
    }

    private static List<String> openSockets(Path process, Map<String, String> wanted) {
        var found = new ArrayList<String>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                String target = Files.readSymbolicLink(descriptor).toString();
                if (target.startsWith("socket:[")) {
                    String inode = target.substring("socket:[".length(), target.length() - 1);
                    if (wanted.containsKey(inode)) {
                        found.add(inode);
                    }
                }
            }
        } catch (IOException | UncheckedIOException e) {
            // it has ended, or is not ours to look into
            return found;
        }
        return found;
    }

    private static String command(Path process) {
        try {
            return Files.readString(process.resolve("comm")).strip();
        } catch (IOException e) {
            return "a process";
        }
    }
}
