package dev.kindling.engine.boot;

import dev.kindling.engine.api.Problem;
import dev.kindling.pxe.PxeHelper;
import dev.kindling.pxe.net.OwnCommand;
import dev.kindling.pxe.net.Privileges;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Where the ports of the boot service are opened. Decisions are made in this process wherever that is. */
public sealed interface BootPlace {
    /** What the user names to start the helper: a whole command, its words separated by blanks. */
    String COMMAND = "KINDLING_BOOT_HELPER";

    /** In this process, which may. */
    record Here() implements BootPlace {}

    /**
     * In a process of its own, which alone has the privileges.
     *
     * @param command starts {@link PxeHelper}
     */
    record Helper(List<String> command) implements BootPlace {
        public Helper {
            command = List.copyOf(command);
        }
    }

    /** Nowhere, until the user lets us. */
    record Nowhere(Problem problem) implements BootPlace {}

    /** Looks at this process and, where that may not, at what its user is allowed. */
    static BootPlace find(Map<String, String> environment) {
        return choose(environment.getOrDefault(COMMAND, ""), Privileges.ofThisProcess(), BootPlace::sudoAllows);
    }

    /**
     * The user's own command counts most; then what this process may itself; then sudo, without a password.
     *
     * @param given the user's command; empty where there is none
     * @param sudoAllows whether the command may be run by {@code sudo -n}
     */
    static BootPlace choose(String given, Privileges mine, Predicate<List<String>> sudoAllows) {
        if (!given.isBlank()) {
            return new Helper(List.of(given.strip().split("\\s+", -1)));
        }
        if (mine.sufficient()) {
            return new Here();
        }
        List<String> granted = mine.granting(PxeHelper.command());
        return sudoAllows.test(granted)
                ? new Helper(sudo(granted))
                : new Nowhere(Problem.error("boot-privileges", "boot service",
                        "user id " + mine.uid() + " may not open the ports 67, 69, 80 and 4011",
                        "CAP_NET_BIND_SERVICE and CAP_NET_RAW, here or in a helper process that sudo starts",
                        "allow this user to start the helper, once: "
                                + OwnCommand.quoted(List.of("printf", "%s\\n", mine.sudoersRule(PxeHelper.command())))
                                + " | sudo tee /etc/sudoers.d/kindling-boot; or grant them to the whole of this: "
                                + OwnCommand.withPrivileges()));
    }

    private static List<String> sudo(List<String> command) {
        var all = new ArrayList<>(List.of("sudo", "-n"));
        all.addAll(command);
        return all;
    }

    /** Asks sudo, which runs nothing. */
    private static boolean sudoAllows(List<String> command) {
        var asking = new ArrayList<>(List.of("sudo", "-n", "-l"));
        asking.addAll(command);
        try {
            Process sudo = new ProcessBuilder(asking).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            sudo.getOutputStream().close();
            if (!sudo.waitFor(10, TimeUnit.SECONDS)) {
                sudo.destroyForcibly();
                return false;
            }
            return sudo.exitValue() == 0;
        } catch (IOException e) {
            // there is no sudo
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
