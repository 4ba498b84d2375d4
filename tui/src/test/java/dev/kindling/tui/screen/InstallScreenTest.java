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
    private static final String LAST_GROUP = FakePrimer.KEY.substring(FakePrimer.KEY.lastIndexOf('-') + 1);
    @TempDir
    Path directory;
    private final FakePrimer primer = new FakePrimer(true);

    private static Hardware.Disk disk(String device, String serial, boolean removable, String inUseBy, String content) {
        return new Hardware.Disk(device, "QEMU HARDDISK", serial, "", 8L << 30, "virtio", false, removable, inUseBy,
                content);
    }

    private static Hardware machine(String tpm) {
        return new Hardware("QEMU", "Standard PC", "", "", 2, 2048, "uefi", true, tpm,
                List.of(disk("vda", "FREE-1", false, "", "GPT, 3 partitions: FAT, ext4, LUKS"),
                        disk("vdb", "STICK-1", false, "mounted at /medium", "ISO 9660"),
                        disk("vdc", "NODE-1", false, "", "Kindling install o-77 of demo-cp-1"),
                        disk("vdd", "", false, "", "empty")),
                List.of(new Hardware.Nic("eth0", "52:54:00:00:00:01", true, 1000, "virtio_net"),
                        new Hardware.Nic("eth1", "52:54:00:00:00:02", false, 0, "virtio_net")));
    }

    private ScreenHarness disks(String tpm) {
        ScreenHarness screens = new ScreenHarness(directory, primer).open();
        screens.take(new Message.HardwareSeen(machine(tpm)));
        return screens;
    }

    /** The first disk, as the questions stand. */
    private ScreenHarness review() {
        return disks("2.0").press(Key.Name.ENTER, Key.Name.PAGE_DOWN);
    }

    private ScreenHarness key() {
        return review().press(Key.Name.ENTER).type("FREE-1").press(Key.Name.ENTER);
    }

    @Test
    void theLiveSystemOffersToInstall() {
        ScreenHarness screens = new ScreenHarness(directory, primer).open();
        assertThat(screens.text()).contains("Install the primer to a disk of this machine");
        screens.press(Key.Name.END, Key.Name.ENTER);
        assertThat(screens.text()).contains("step 1 of 4");
    }

    @Test
    void otherSystemsDoNot() {
        assertThat(new ScreenHarness(directory).open().text()).doesNotContain("Install the primer");
    }

    @Test
    void theDisksAreShownWithWhatIsOnThem() {
        ScreenHarness screens = disks("2.0");
        screens.check("install-disks");
        assertThat(screens.text()).contains("FREE-1", "NODE-1", "GPT, 3 partitions: FAT,", "ext4, LUKS");
    }

    @Test
    void aMachineWithoutDisksSaysSo() {
        ScreenHarness screens = new ScreenHarness(directory, primer).open();
        screens.take(new Message.HardwareSeen(
                new Hardware("", "", "", "", 1, 2048, "bios", false, "none", List.of(), List.of())));
        screens.press(Key.Name.DOWN, Key.Name.ENTER);
        assertThat(screens.text()).contains("This machine shows no disk.");
        screens.press(Key.Name.ESCAPE);
        assertThat(screens.text()).contains("New cluster");
    }

    @Test
    void aDiskThatCannotBeTakenSaysWhy() {
        ScreenHarness screens = disks("2.0").press(Key.Name.DOWN, Key.Name.ENTER);
        assertThat(screens.text()).contains("Not this disk: it is in use: mounted at /medium", "step 1 of 4");
        screens.press(Key.Name.END, Key.Name.ENTER);
        assertThat(screens.text()).contains("Not this disk: it has no serial number");
        assertThat(primer.installed).isEmpty();
    }

    @Test
    void networkAndEncryptionAreAsked() {
        ScreenHarness screens = disks("2.0").press(Key.Name.ENTER);
        screens.answer("primer-7").press(Key.Name.RIGHT, Key.Name.ENTER).answer("12").answer("10.0.0.5/24")
                .answer("10.0.0.1").answer("10.0.0.2,10.0.0.3");
        screens.check("install-settings");
        screens.press(Key.Name.RIGHT, Key.Name.ENTER, Key.Name.ENTER);
        screens.check("install-review");
        screens.press(Key.Name.ENTER).type("FREE-1").press(Key.Name.ENTER).type(LAST_GROUP).press(Key.Name.ENTER);
        assertThat(primer.installed).singleElement().asString().isEqualTo("""
                disk.serial=FREE-1
                erase=FREE-1
                after=stay
                hostname=primer-7
                network.mac=52:54:00:00:00:01
                network.vlan=12
                network.address=10.0.0.5/24
                network.gateway=10.0.0.1
                network.dns=10.0.0.2,10.0.0.3
                encryption=key
                console.shell=no
                """);
    }

    @Test
    void withoutATpmTheDiskIsNotEncryptedUnlessSomebodyWantsTo() {
        ScreenHarness screens = disks("none").press(Key.Name.ENTER);
        for (int i = 0; i < 6; i++) {
            screens.press(Key.Name.DOWN);
        }
        assertThat(screens.text()).contains("< none >", "2 choices");
    }

    @Test
    void theSerialHasToBeTypedBeforeADiskIsErased() {
        ScreenHarness screens = review().press(Key.Name.ENTER);
        screens.check("install-question");
        screens.type("FREE-2").press(Key.Name.ENTER);
        assertThat(screens.text()).contains("Nothing was written");
        assertThat(screens.effects).noneMatch(Effect.Install.class::isInstance);
    }

    @Test
    void theKeyIsShownWholeAndConfirmedBeforeTheDiskBoots() {
        ScreenHarness screens = key();
        screens.check("install-key");
        assertThat(screens.frame(new Size(40, 12), true).text()).contains(FakePrimer.KEY.substring(0, 27),
                FakePrimer.KEY.substring(28));
        screens.type("wrong").press(Key.Name.ENTER);
        assertThat(screens.text()).contains("That is not its last group", FakePrimer.KEY.substring(0, 27));
        assertThat(primer.installed).isEmpty();
        screens.type(LAST_GROUP).press(Key.Name.ENTER);
        screens.check("install-done");
        assertThat(primer.installed).hasSize(1);
        assertThat(primer.closed).isEqualTo(1);
        assertThat(screens.text()).as("shown once").doesNotContain(FakePrimer.KEY.substring(0, 27));
        assertThat(screens.model.toString()).doesNotContain(FakePrimer.KEY);
        screens.type("y");
        assertThat(primer.restarts).isEqualTo(1);
    }

    @Test
    void theKeyIsNotLostByASlip() {
        ScreenHarness screens = key().press(Key.Name.ESCAPE);
        assertThat(screens.text()).contains("Stop here?");
        screens.type("n");
        assertThat(screens.text()).contains(FakePrimer.KEY.substring(0, 27));
        screens.press(Key.Name.ESCAPE).type("y");
        assertThat(screens.text()).contains("step 3 of 4").doesNotContain(FakePrimer.KEY.substring(0, 27));
        assertThat(primer.installed).isEmpty();
        assertThat(primer.closed).isEqualTo(1);
    }

    @Test
    void withoutEncryptionThereIsNoKey() {
        ScreenHarness screens = disks("none").press(Key.Name.ENTER, Key.Name.PAGE_DOWN, Key.Name.ENTER).type("FREE-1")
                .press(Key.Name.ENTER);
        assertThat(screens.text()).contains("The primer is installed");
        screens.type("n").press(Key.Name.ENTER);
        assertThat(screens.text()).contains("New cluster");
        assertThat(primer.restarts).isZero();
    }

    @Test
    void whatKindlingInstalledGoesOnlyWhereItIsReplacedByName() {
        ScreenHarness screens = disks("2.0").press(Key.Name.DOWN, Key.Name.DOWN, Key.Name.ENTER, Key.Name.PAGE_DOWN);
        screens.check("install-holds");
        screens.press(Key.Name.ENTER);
        assertThat(screens.text()).contains("Nothing can be installed like this");
        screens.type("r").press(Key.Name.ENTER);
        assertThat(screens.text()).contains("installation o-77 and all else");
        screens.type("NODE-1").press(Key.Name.ENTER).type(LAST_GROUP).press(Key.Name.ENTER);
        assertThat(primer.installed).singleElement().asString().contains("replace=o-77\n");
    }

    @Test
    void theProgressIsShownStepByStep() {
        ScreenHarness screens = review();
        screens.press(Key.Name.ENTER);
        screens.model = screens.model.closed().with(((Install) screens.model.screen()).go(Install.Step.WRITING));
        screens.take(new Message.InstallStep(2));
        screens.take(new Message.Installing("writing the system", 37));
        screens.check("install-progress");
        screens.press(Key.Name.ESCAPE);
        assertThat(screens.text()).contains("it cannot be left");
    }

    @Test
    void anInstallationThatFailedSaysWhyAndCanGoOn() {
        primer.failing = true;
        ScreenHarness screens = review().press(Key.Name.ENTER).type("FREE-1").press(Key.Name.ENTER);
        screens.check("install-failed");
        screens.press(Key.Name.ESCAPE);
        assertThat(screens.text()).contains("step 3 of 4");
        primer.failing = false;
        screens.press(Key.Name.ENTER).type("FREE-1").press(Key.Name.ENTER).type(LAST_GROUP).press(Key.Name.ENTER);
        assertThat(primer.installed).hasSize(1);
    }
}
