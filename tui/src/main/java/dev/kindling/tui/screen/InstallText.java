package dev.kindling.tui.screen;

import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Primer;
import dev.kindling.tui.text.HardwareText;
import dev.kindling.tui.text.Text;
import java.util.ArrayList;
import java.util.List;

/** What is said around the installation of the primer. */
final class InstallText {
    /** Groups of a recovery key that fit on a line of the narrowest dialog. */
    private static final int LINE = 27;

    private InstallText() {}

    /** Why this disk cannot be taken; empty: it can. */
    static String unfit(Hardware.Disk disk) {
        if (!disk.inUseBy().isEmpty()) {
            return "it is in use: " + disk.inUseBy();
        }
        if (disk.removable()) {
            return "it is removable";
        }
        return disk.serial().isEmpty() ? "it has no serial number to tell it from others" : "";
    }

    /** A line of the list: as many columns as the terminal has. */
    static String row(Hardware.Disk disk) {
        return Text.fit(disk.device(), 8) + " " + Text.fit(disk.serial().isEmpty() ? "no serial" : disk.serial(), 21)
                + " "
                + Text.fit(Text.bytes(disk.bytes()), 9) + " " + disk.model();
    }

    /** All that is known of the selected disk. */
    static List<String> detail(Hardware.Disk disk) {
        List<String> lines = new ArrayList<>(List.of(HardwareText.disk(disk)));
        if (!disk.inUseBy().isEmpty() && !disk.content().isEmpty()) {
            lines.add("On it: " + disk.content());
        }
        String why = unfit(disk);
        if (!why.isEmpty()) {
            lines.add("It cannot be taken: " + why + ".");
        }
        return lines;
    }

    /** What would be done, or why it cannot be. */
    static List<String> review(Install install, Primer.Installation checked) {
        List<String> lines = new ArrayList<>();
        if (!checked.problems().isEmpty()) {
            lines.addAll(Update.lines(checked.problems()));
            if (!checked.holds().isEmpty()) {
                lines.add("r: all of it may be lost, replace it");
            }
            return lines;
        }
        lines.addAll(detail(install.hardware().disks().get(install.disk())));
        if (!checked.remark().isEmpty()) {
            lines.add(checked.remark());
        }
        if (checked.done()) {
            lines.add("Remove the medium and restart the machine. r: erase it and install anew.");
            return lines;
        }
        lines.add("");
        lines.add("Name " + checked.setting("hostname") + ", network " + network(checked));
        lines.add(checked.definition().isBlank()
                ? "No cluster is formed at its first start: the medium has no definition."
                : "At its first start it forms the cluster of the medium's definition.");
        lines.add("");
        int number = 0;
        for (Primer.Step step : checked.steps()) {
            lines.add(++number + ". " + step.title() + (step.done() ? " (done)" : ""));
        }
        return lines;
    }

    private static String network(Primer.Installation checked) {
        String mac = checked.setting("network.mac");
        String vlan = checked.setting("network.vlan");
        String gateway = checked.setting("network.gateway");
        String dns = checked.setting("network.dns");
        return checked.setting("network.address") + " on " + (mac.isEmpty() ? "every port" : mac)
                + (vlan.isEmpty() ? "" : ", VLAN " + vlan) + (gateway.isEmpty() ? "" : ", gateway " + gateway)
                + (dns.isEmpty() ? "" : ", name servers " + dns);
    }

    static List<String> question(Hardware.Disk disk, Primer.Installation checked) {
        List<String> lines = new ArrayList<>(List.of(HardwareText.disk(disk)));
        lines.add(checked.holds().isEmpty()
                ? "All that is on it will be lost."
                : "Kindling's installation " + checked.holds() + " and all else that is on it will be lost.");
        lines.add("Type its serial number to install the primer:");
        return lines;
    }

    static List<String> key(String recoveryKey, boolean tpm) {
        List<String> lines = new ArrayList<>(List.of(tpm
                ? "It opens the disk when the TPM does not. Write it down:"
                : "It opens the disk, at every start. Write it down:"));
        for (int at = 0; at < recoveryKey.length(); at += LINE + 1) {
            lines.add("  " + recoveryKey.substring(at, Math.min(recoveryKey.length(), at + LINE)));
        }
        lines.add("Type its last group to go on:");
        return lines;
    }

    static String lastGroup(String recoveryKey) {
        return recoveryKey.substring(recoveryKey.lastIndexOf('-') + 1);
    }

    static List<String> done(Hardware.Disk disk) {
        return List.of("It is on the disk with serial " + disk.serial() + ".",
                "Remove the medium. Restart the machine now?");
    }
}
