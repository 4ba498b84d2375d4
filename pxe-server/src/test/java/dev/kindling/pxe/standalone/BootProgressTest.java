package dev.kindling.pxe.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.BootSource.Protocol;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.pxe.standalone.BootProgress.Stage;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BootProgressTest {
    private static final MacAddress MAC = new MacAddress("52:54:00:00:00:01");
    private static final InetAddress ADDRESS = InetAddress.ofLiteral("10.0.0.20");
    private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");

    private static PxeEvent seen(int second, String type, Agent agent) {
        return new PxeEvent.DhcpSeen(START.plusSeconds(second), MAC, type, agent, Firmware.UEFI_X64, type);
    }

    private static PxeEvent answered(int second, String type, @Nullable String file) {
        return new PxeEvent.DhcpAnswered(START.plusSeconds(second), MAC, type, ADDRESS, file, type);
    }

    private static PxeEvent done(int second, String path) {
        return new PxeEvent.FetchDone(START.plusSeconds(second), MAC, Protocol.HTTP, path, 1, 1, "has " + path);
    }

    private static BootProgress after(PxeEvent... events) {
        BootProgress progress = BootProgress.first(events[0]).orElseThrow();
        for (PxeEvent event : List.of(events).subList(1, events.length)) {
            progress = progress.after(event);
        }
        return progress;
    }

    private static String stuck(BootProgress progress, int second) {
        return progress.stuck(START.plusSeconds(second)).orElse("");
    }

    @Test
    void followsAWholeBoot() {
        var events = List.of(seen(0, "DISCOVER", Agent.FIRMWARE_PXE), answered(0, "OFFER", "snponly.efi"),
                seen(1, "REQUEST", Agent.FIRMWARE_PXE), answered(1, "ACK", "snponly.efi"), done(2, "snponly.efi"),
                seen(3, "DISCOVER", Agent.IPXE), answered(3, "OFFER", "http://10.0.0.1/boot.php"),
                seen(4, "REQUEST", Agent.IPXE), answered(4, "ACK", "http://10.0.0.1/boot.php"), done(5, "boot.php"),
                done(6, "debian/vmlinuz-6.1"), done(7, "debian/initrd.gz"), done(8, "preseed.cfg"),
                seen(9, "DISCOVER", Agent.OPERATING_SYSTEM));
        var stages = List.of(Stage.SEEN, Stage.OFFERED, Stage.OFFERED, Stage.ADDRESS, Stage.LOADER, Stage.SECOND_DHCP,
                Stage.SECOND_DHCP, Stage.SECOND_DHCP, Stage.SECOND_DHCP, Stage.SCRIPT, Stage.KERNEL, Stage.INITRD,
                Stage.CONFIG, Stage.SYSTEM);
        for (int i = 0; i < events.size(); i++) {
            BootProgress progress = after(events.subList(0, i + 1).toArray(PxeEvent[]::new));
            assertThat(progress.stage()).as("after %s", events.get(i)).isEqualTo(stages.get(i));
            assertThat(stuck(progress, i + 1)).isEmpty();
        }
    }

    @Test
    void saysThatTheOfferIsNotTaken() {
        BootProgress progress = after(seen(0, "DISCOVER", Agent.FIRMWARE_PXE), answered(0, "OFFER", "x.efi"),
                seen(4, "DISCOVER", Agent.FIRMWARE_PXE), answered(4, "OFFER", "x.efi"),
                seen(12, "DISCOVER", Agent.FIRMWARE_PXE), answered(12, "OFFER", "x.efi"));
        assertThat(stuck(progress, 13)).contains("stuck for 13 s after our offer",
                "asked 3 times and takes no offer of ours");
    }

    @Test
    void saysThatTheLoaderWasNeverAskedFor() {
        BootProgress progress = after(seen(0, "DISCOVER", Agent.FIRMWARE_PXE), answered(0, "OFFER", "x.efi"),
                answered(1, "ACK", "x.efi"));
        assertThat(stuck(progress, 5)).isEmpty();
        assertThat(stuck(progress, 41))
                .startsWith("stuck for 40 s after it got its address: it was told to fetch x.efi");
        BootProgress without = after(seen(0, "DISCOVER", Agent.FIRMWARE_PXE), answered(1, "ACK", null));
        assertThat(stuck(without, 41)).endsWith("there is no boot file for its firmware");
    }

    @Test
    void saysWhatTheLastFailureWas() {
        BootProgress progress = after(answered(0, "ACK", "x.efi"), seen(0, "REQUEST", Agent.FIRMWARE_PXE),
                new PxeEvent.FetchFailed(START.plusSeconds(1), MAC, Protocol.TFTP, "x.efi", "not found", "text"));
        assertThat(stuck(progress, 30)).contains("it did not get x.efi: not found");
        BootProgress stalled = after(answered(0, "ACK", "x.efi"), seen(0, "REQUEST", Agent.FIRMWARE_PXE),
                new PxeEvent.Stalled(START.plusSeconds(9), MAC, "TFTP x.efi", 8, "blksize 1468 over an MTU of 1400",
                        "text"));
        assertThat(stuck(stalled, 30)).contains("blksize 1468 over an MTU of 1400");
    }

    @Test
    void aMachineThatStartsAnewBeginsAtTheBeginning() {
        BootProgress progress = after(answered(0, "ACK", "x.efi"), done(1, "x.efi"), done(2, "vmlinuz"),
                seen(60, "DISCOVER", Agent.FIRMWARE_PXE));
        assertThat(progress.stage()).isEqualTo(Stage.SEEN);
        assertThat(progress.since()).isEqualTo(START.plusSeconds(60));
    }

    @Test
    void neverCallsAnInstalledSystemStuck() {
        BootProgress progress = after(seen(0, "DISCOVER", Agent.OPERATING_SYSTEM), answered(0, "ACK", null));
        assertThat(stuck(progress, 4000)).isEmpty();
    }

    @Test
    void theBoardTellsEachStandstillOnce() {
        var board = new BootBoard();
        board.accept(seen(0, "DISCOVER", Agent.FIRMWARE_PXE));
        board.accept(answered(0, "ACK", "x.efi"));
        assertThat(board.newlyStuck(START.plusSeconds(5))).isEmpty();
        assertThat(board.newlyStuck(START.plusSeconds(50))).hasSize(1);
        assertThat(board.newlyStuck(START.plusSeconds(90))).isEmpty();
    }
}
