package dev.kindling.engine.status;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.model.Machine;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** How long each stage may take without a sign of life, and what usually is the matter then. */
public final class StuckRules {
    private StuckRules() {}

    /**
     * @param missing what should have come by now
     * @param advice the usual cause and what to look at
     */
    private record Rule(Duration patience, String missing, String advice) {}

    /**
     * Why a machine is to be called stuck.
     *
     * @param now the present time
     * @return a line that names the stage, the wait, the last evidence, the usual cause and what to check; empty while
     *         there is reason to wait, and where nothing is expected (not switched on, ready)
     */
    public static Optional<String> reason(MachineStatus machine, Instant now) {
        Rule rule = rule(machine.stage(), machine.kind());
        Duration waited = Duration.between(machine.evidenceAt(), now);
        if (rule == null || waited.compareTo(rule.patience()) < 0) {
            return Optional.empty();
        }
        return Optional.of(machine.stage().label() + ": " + rule.missing() + " for " + words(waited)
                + (machine.evidence().isBlank() ? "" : " since \"" + machine.evidence() + "\"") + ". " + rule.advice());
    }

    /** What should come next of a machine, and the usual cause where it does not; empty where nothing is expected. */
    public static Optional<String> missing(BootStage stage, Machine.Kind kind) {
        return Optional.ofNullable(rule(stage == BootStage.WAITING ? BootStage.POWERED : stage, kind))
                .map(rule -> rule.missing() + ". " + rule.advice());
    }

    /** When {@link #reason} would begin to complain, unless something is heard before; empty where never. */
    public static Optional<Instant> deadline(MachineStatus machine) {
        return Optional.ofNullable(rule(machine.stage(), machine.kind()))
                .map(rule -> machine.evidenceAt().plus(rule.patience()));
    }

    private static @org.jspecify.annotations.Nullable Rule rule(BootStage stage, Machine.Kind kind) {
        return switch (stage) {
            case WAITING, READY -> null;
            case POWERED -> new Rule(power(kind), "no DHCP request seen",
                    "Is the cable in the provisioning network (and its switch port in the right VLAN)? Is network boot"
                            + " first in the boot order? Is the MAC address in the definition that of the port?"
                            + (kind == Machine.Kind.MANUAL ? " Large servers test their memory for minutes." : ""));
            case DHCP -> new Rule(Duration.ofSeconds(45), "no boot loader fetched",
                    "Usually another DHCP server answers first, or a firewall drops TFTP (UDP 69 and the ports it"
                            + " answers from). Look for a foreign DHCP server in the events; open the firewall for this"
                            + " computer.");
            case LOADER -> new Rule(Duration.ofMinutes(1), "no boot script fetched",
                    "Usually the boot loader does not drive this network card, Secure Boot refused it, or the switch"
                            + " port waits for spanning tree. Look at the machine's screen; try the other boot loader;"
                            + " set the port to edge mode (portfast).");
            case SCRIPT -> new Rule(Duration.ofMinutes(1), "no kernel fetched",
                    "Usually a firewall drops HTTP to this computer, or the kernel file is missing. Look at the"
                            + " machine's screen for iPXE's error number.");
            case KERNEL -> new Rule(Duration.ofMinutes(3), "no inventory received",
                    "Usually the kernel has no driver for the network card, stopped for lack of memory (2 GiB are"
                            + " enough), or Secure Boot refused it. Look at the machine's screen.");
            case INSTALLER -> new Rule(Duration.ofMinutes(2), "the disk is not being written",
                    "Usually the disk of the definition was not found, is in use, or the write waits for"
                            + " a confirmation. Compare the disk's serial with the inventory.");
            case WRITING -> new Rule(Duration.ofSeconds(90), "no progress",
                    "Usually the disk is failing or the network is lost. Look at the machine's screen for I/O"
                            + " errors; check the cable and the switch port.");
            case WRITTEN -> new Rule(power(kind).plusMinutes(1), "it did not start again",
                    "Usually the firmware stopped at a message. Look at the machine's screen; switch it off and on.");
            case DISK_BOOT -> new Rule(Duration.ofMinutes(5), "the installed system did not report",
                    "Usually the firmware does not find the disk's boot loader (BIOS and UEFI mixed up, or a RAID"
                            + " controller that hides the disk). Look at the machine's screen.");
            case SYSTEM -> new Rule(Duration.ofMinutes(2), "no install config fetched",
                    "Usually its clock is far off or the network differs from the installer's (VLAN or bond)."
                            + " Look at the machine's console; check the network part of the definition.");
            case JOINING -> new Rule(Duration.ofMinutes(5), "its node is not ready",
                    "Usually it cannot reach the API server's address and port 6443, images cannot be pulled, or"
                            + " clocks differ. Look at the service's log on the machine.");
        };
    }

    private static Duration power(Machine.Kind kind) {
        return switch (kind) {
            case SIMULATED -> Duration.ofMinutes(1);
            case VIRTUAL -> Duration.ofMinutes(2);
            case MANUAL, PROXMOX, SSH, REDFISH -> Duration.ofMinutes(5);
        };
    }

    /** {@code 45 s}, {@code 2 min 5 s}, {@code 1 h 2 min}. */
    public static String words(Duration duration) {
        long seconds = duration.toSeconds();
        if (seconds < 60) {
            return seconds + " s";
        }
        return seconds < 3600
                ? seconds / 60 + " min " + seconds % 60 + " s"
                : seconds / 3600 + " h " + seconds % 3600 / 60 + " min";
    }
}
