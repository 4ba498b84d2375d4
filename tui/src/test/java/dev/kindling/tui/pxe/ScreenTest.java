package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeEvent;
import dev.kindling.tui.MutableClock;
import dev.kindling.tui.cli.Clis;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What the service in the foreground shows. */
class ScreenTest {
    private static final Instant START = Instant.parse("2026-11-21T12:00:00Z");
    private static final MacAddress MAC = new MacAddress("52:54:00:12:34:56");

    private final MutableClock clock = new MutableClock(START);
    private final ByteArrayOutputStream shown = new ByteArrayOutputStream();

    private static PxeEvent seen(String text) {
        return new PxeEvent.DhcpSeen(START, MAC, "DISCOVER", Agent.FIRMWARE_PXE, Firmware.BIOS, text);
    }

    private static PxeEvent ignored(String reason) {
        return new PxeEvent.Ignored(START, MAC, reason, reason);
    }

    private Screen screen(String... options) {
        return new Screen(Clis.of(shown, clock, options));
    }

    private String shown() {
        return shown.toString(StandardCharsets.UTF_8);
    }

    private void awaitShown(String text) throws InterruptedException {
        for (long end = System.nanoTime() + Duration.ofSeconds(30).toNanos(); System.nanoTime() < end;) {
            if (shown().contains(text)) {
                return;
            }
            Thread.sleep(20);
        }
        throw new AssertionError(text + " is not shown, but:\n" + shown());
    }

    @Test
    void showsALineForEachEventWithTheMachine() {
        try (var screen = screen()) {
            screen.accept(seen("DISCOVER from BIOS"));
            screen.note("a note");
        }
        assertThat(shown().lines())
                .anyMatch(line -> line.matches("\\d\\d:\\d\\d:\\d\\d 52:54:00:12:34:56 DISCOVER from BIOS"))
                .anyMatch(line -> line.matches("\\d\\d:\\d\\d:\\d\\d kindling          a note")).hasSize(2);
    }

    @Test
    void showsAnObjectForEachEventToPrograms() {
        try (var screen = screen("--json")) {
            screen.accept(seen("DISCOVER from BIOS"));
            screen.note("a note");
        }
        assertThat(shown().lines())
                .anyMatch(line -> line.startsWith("{\"event\":\"DhcpSeen\",\"at\":\"2026-11-21T12:00:00Z\","
                        + "\"mac\":\"52:54:00:12:34:56\",\"text\":\"DISCOVER from BIOS\",\"details\":{"))
                .anyMatch(line -> line.startsWith("{\"event\":\"Note\"") && line.contains("\"text\":\"a note\""))
                .hasSize(2);
    }

    @Test
    void whatAMachineSaysCannotSteerTheTerminal() {
        try (var screen = screen()) {
            screen.accept(ignored("its name is \u001b[2J\u0007\n\rgone"));
        }
        assertThat(shown()).contains("its name is").contains("gone\n").doesNotContain("\u001b", "\u0007", "\r");
        assertThat(shown().lines()).hasSize(1);
    }

    @Test
    void leavesOutWhatNobodyCanReadButNeverTroubleAndSaysHowMuch() {
        try (var screen = screen()) {
            for (int i = 0; i < 3000; i++) {
                screen.accept(seen("well " + i));
                if (i % 100 == 0) {
                    screen.accept(ignored("trouble " + i));
                }
            }
        }
        long well = shown().lines().filter(line -> line.matches(".* well \\d+")).count();
        long spared = shown().lines().filter(line -> line.contains(" more lines of transfers and leases"))
                .mapToLong(line -> Long.parseLong(line.split("\\s+", -1)[2])).sum();
        assertThat(shown().lines().filter(line -> line.contains("trouble "))).hasSize(30);
        assertThat(well).isLessThan(3000);
        assertThat(well + spared).isEqualTo(3000);
    }

    @Test
    void neverHoldsTheServiceUpWhereTheTerminalHangsAndSaysHowMuchIsMissing() throws Exception {
        var hangs = new CountDownLatch(1);
        var terminal = new OutputStream() {
            @Override
            public void write(int octet) {
                write(new byte[]{(byte) octet}, 0, 1);
            }

            @Override
            public void write(byte[] octets, int from, int length) {
                try {
                    hangs.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                shown.write(octets, from, length);
            }
        };
        try (var screen = new Screen(Clis.of(terminal, clock))) {
            screen.accept(ignored("first"));
            for (int i = 0; i < 40_000; i++) {
                screen.accept(ignored("event " + i));
            }
            // all are accepted though nothing is written
            assertThat(shown()).isEmpty();
            hangs.countDown();
            awaitShown("events came faster than they could be shown, and were left out");
        }
    }

    @Test
    void saysOnceWhichMachineDoesNotGoOnAndWhy() throws Exception {
        try (var screen = screen()) {
            screen.accept(new PxeEvent.DhcpAnswered(START, MAC, "ACK", InetAddress.ofLiteral("10.0.0.20"),
                    "snponly.efi", "ACK"));
            screen.accept(seen("DISCOVER"));
            screen.accept(new PxeEvent.DhcpAnswered(START, MAC, "ACK", InetAddress.ofLiteral("10.0.0.20"),
                    "snponly.efi", "ACK 10.0.0.20"));
            awaitShown("ACK 10.0.0.20");
            clock.advance(Duration.ofSeconds(90));
            awaitShown("it was told to fetch snponly.efi, and never asked for it");
            // it looks every other second: not again
            Thread.sleep(2500);
        }
        assertThat(shown().lines().filter(line -> line.contains("never asked for it"))).hasSize(1);
    }
}
