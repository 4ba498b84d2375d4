package dev.kindling.tui.screen;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.api.Hardware;
import dev.kindling.tui.FakePrimer;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From the first screen of the live system to an installed primer. */
class InstallScreenTest {
    @TempDir
    Path directory;
    private final FakePrimer primer = new FakePrimer(true);

    private static Hardware.Disk disk(String device, String serial, String inUseBy) {
        return new Hardware.Disk(device, "QEMU HARDDISK", serial, "", 8L << 30, "virtio", false, false, inUseBy, "");
    }

    private ScreenHarness disks() {
        ScreenHarness screens = new ScreenHarness(directory, primer).open();
        screens.take(new Message.DisksSeen(
                List.of(disk("vda", "FREE-1", ""), disk("vdb", "STICK-1", "mounted at /medium"))));
        return screens;
    }

    @Test
    void theLiveSystemOffersToInstall() {
        assertThat(new ScreenHarness(directory, primer).open().text())
                .contains("Install the primer to a disk of this machine");
    }

    @Test
    void otherSystemsDoNot() {
        assertThat(new ScreenHarness(directory).open().text()).doesNotContain("Install the primer");
    }

    @Test
    void theSerialHasToBeTypedBeforeADiskIsErased() {
        ScreenHarness screens = disks();
        screens.check("install-disks");
        screens.press(Key.Name.ENTER);
        screens.check("install-question");
        screens.type("FREE-2").press(Key.Name.ENTER);
        assertThat(screens.text()).contains("Nothing was written");
        assertThat(primer.installed).isEmpty();
    }

    @Test
    void theRecoveryKeyIsShownWhole() {
        ScreenHarness screens = disks();
        screens.press(Key.Name.ENTER).type("FREE-1").press(Key.Name.ENTER);
        screens.check("install-done");
        assertThat(screens.text()).contains(FakePrimer.KEY.substring(0, 27), FakePrimer.KEY.substring(28));
        assertThat(primer.installed).containsExactly("disk.serial=FREE-1\nerase=FREE-1\nafter=stay\n");
        screens.press(Key.Name.ENTER);
        assertThat(screens.text()).as("shown once").doesNotContain(FakePrimer.KEY.substring(0, 27));
    }

    @Test
    void aDiskInUseIsRefusedWithTheReason() {
        ScreenHarness screens = disks();
        screens.press(Key.Name.DOWN, Key.Name.ENTER).type("STICK-1").press(Key.Name.ENTER);
        assertThat(screens.text()).contains("vdb is in use: mounted at /medium");
        assertThat(primer.installed).isEmpty();
    }
}
