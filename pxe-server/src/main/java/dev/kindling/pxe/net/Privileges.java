package dev.kindling.pxe.net;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Whose process this is, and what it may do of what a boot service needs (capabilities(7)): CAP_NET_BIND_SERVICE for
 * the ports below 1024, CAP_NET_RAW for ARP and for sockets of one interface.
 *
 * @param uid effective user id; -1 where the system does not tell
 * @param gid effective group id; -1 where the system does not tell
 * @param sufficient whether it has both capabilities; true where the system does not tell, for then only the attempt
 *            does
 */
public record Privileges(long uid, long gid, boolean sufficient) {
    private static final int BIND_SERVICE = 10;
    private static final int RAW = 13;
    private static final String CAPABILITIES = "+net_bind_service,+net_raw";
    /** Of real, effective, saved and file system id, in /proc/PID/status. */
    private static final int EFFECTIVE = 2;

    /** Those of this process, by proc(5). */
    public static Privileges ofThisProcess() {
        try {
            return of(Files.readAllLines(Path.of("/proc/self/status")));
        } catch (IOException e) {
            return new Privileges(-1, -1, true);
        }
    }

    /** By the lines of /proc/PID/status. */
    static Privileges of(List<String> status) {
        long uid = -1;
        long gid = -1;
        boolean sufficient = true;
        for (String line : status) {
            String[] words = line.split("\\s+", -1);
            switch (words[0]) {
                case "Uid:" -> uid = Long.parseLong(words[EFFECTIVE]);
                case "Gid:" -> gid = Long.parseLong(words[EFFECTIVE]);
                case "CapEff:" -> {
                    long effective = Long.parseUnsignedLong(words[1], 16);
                    sufficient = ((effective >>> BIND_SERVICE) & (effective >>> RAW) & 1) == 1;
                }
                default -> {
                }
            }
        }
        return new Privileges(uid, gid, sufficient);
    }

    /** What grants, as root, a user the two capabilities and nothing else to the command behind it. */
    static List<String> setpriv(String uid, String gid) {
        return List.of("setpriv", "--reuid=" + uid, "--regid=" + gid, "--init-groups", "--inh-caps=" + CAPABILITIES,
                "--ambient-caps=" + CAPABILITIES, "--bounding-set=-all," + CAPABILITIES, "--no-new-privs");
    }

    /** The command, run by root as this process's user with the two capabilities and nothing else. */
    public List<String> granting(List<String> command) {
        var all = new ArrayList<>(setpriv(Long.toString(uid), Long.toString(gid)));
        // sudo compares whole paths
        all.set(0, "/usr/bin/setpriv");
        all.addAll(command);
        return List.copyOf(all);
    }

    /** The line for a file of /etc/sudoers.d that allows the user this command, as {@link #granting} has it, only. */
    public String sudoersRule(List<String> command) {
        return "#" + uid + " ALL=(root) NOPASSWD: "
                + granting(command).stream().map(Privileges::sudoersWord).collect(Collectors.joining(" "));
    }

    /** As sudoers(5) reads it: no wildcards, and what separates its own words escaped. */
    private static String sudoersWord(String word) {
        return word.replaceAll("[\\\\,:=*?\\[\\]!\\s\"#]", "\\\\$0");
    }
}
