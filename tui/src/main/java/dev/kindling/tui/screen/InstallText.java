package dev.kindling.tui.screen;

import dev.kindling.engine.api.Hardware;
import dev.kindling.tui.text.HardwareText;
import java.util.ArrayList;
import java.util.List;

/** What is said around the installation of the primer. */
final class InstallText {
    /** Groups of a recovery key that fit on a line of the narrowest dialog. */
    private static final int LINE = 27;

    private InstallText() {}

    static List<String> question(Hardware.Disk disk) {
        return List.of(HardwareText.disk(disk), "All that is on it will be lost.",
                "Type its serial number to install the primer:");
    }

    static List<String> of(String serial, String recoveryKey) {
        List<String> lines = new ArrayList<>(List.of("It is on the disk with serial " + serial + "."));
        if (recoveryKey.isEmpty()) {
            lines.add("Nothing on it is encrypted: this machine shows no TPM 2.0.");
        } else {
            lines.add("RECOVERY KEY: shown now and kept nowhere. Write it down.");
            for (int at = 0; at < recoveryKey.length(); at += LINE + 1) {
                lines.add("  " + recoveryKey.substring(at, Math.min(recoveryKey.length(), at + LINE)));
            }
        }
        lines.add("Then remove the medium and restart the machine.");
        return lines;
    }
}
