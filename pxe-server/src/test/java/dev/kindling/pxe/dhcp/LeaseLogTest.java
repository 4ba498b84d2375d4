package dev.kindling.pxe.dhcp;

import static dev.kindling.pxe.dhcp.Lab.ip;
import static dev.kindling.pxe.dhcp.Lab.mac;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaseLogTest {
    private static final Lease FIRST = new Lease(ip("10.77.0.100"), mac(1), Lease.State.BOUND,
            Lab.START.plusSeconds(3600));
    private static final Lease SECOND = new Lease(ip("10.77.0.101"), mac(2), Lease.State.BOUND,
            Lab.START.plusSeconds(7200));
    private static final Lease FIRST_RELEASED = new Lease(ip("10.77.0.100"), mac(1), Lease.State.RELEASED, Lab.START);

    @TempDir
    private Path directory;
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("state/leases");
    }

    @Test
    void restoresTheLastStateOfEachAddress() throws IOException {
        try (LeaseLog log = LeaseLog.open(file)) {
            assertThat(log.restored()).isEmpty();
            log.append(List.of(FIRST, SECOND), List::of);
            log.append(List.of(FIRST_RELEASED), List::of);
            // on the disk by now, not only when closed
            assertThat(lines()).hasSize(3);
        }
        try (LeaseLog log = LeaseLog.open(file)) {
            assertThat(log.restored()).containsExactlyInAnyOrder(FIRST_RELEASED, SECOND);
            assertThat(lines()).hasSize(2);
        }
    }

    @Test
    void looksLikeThisOnTheDisk() throws IOException {
        try (LeaseLog log = LeaseLog.open(file)) {
            log.append(List.of(FIRST), List::of);
        }

        assertThat(file).hasContent("BOUND 10.77.0.100 52:54:00:4b:4c:01 2026-11-21T04:00:00Z 2b0bfb02\n");
    }

    @Test
    void losesNothingButTheTornLineWhereverItWasTorn() throws IOException {
        try (LeaseLog log = LeaseLog.open(file)) {
            log.append(List.of(FIRST, SECOND), List::of);
        }
        byte[] whole = Files.readAllBytes(file);
        int firstLine = Files.readString(file).indexOf('\n') + 1;
        for (int length = firstLine; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            try (LeaseLog log = LeaseLog.open(file)) {
                assertThat(log.restored()).as("torn at %d", length).containsExactly(FIRST);
                log.append(List.of(SECOND), List::of);
            }
            try (LeaseLog log = LeaseLog.open(file)) {
                assertThat(log.restored()).as("after torn at %d", length).containsExactly(FIRST, SECOND);
            }
        }
    }

    @Test
    void keepsRoomBehindTheLastLineUntilItIsClosed() throws IOException {
        byte[] open;
        try (LeaseLog log = LeaseLog.open(file)) {
            long size = Files.size(file);
            log.append(List.of(FIRST), List::of);
            log.append(List.of(SECOND), List::of);
            assertThat(Files.size(file)).as("a sync within the room writes no metadata").isEqualTo(size);
            open = Files.readAllBytes(file);
            for (int batch = 0; batch < 20; batch++) {
                log.append(Collections.nCopies(1000, FIRST), List::of);
            }
            assertThat(Files.size(file)).as("more room when it is used up").isGreaterThan(size + 100_000);
        }
        assertThat(Files.readString(file)).endsWith("2b0bfb02\n").doesNotContain("\n\n").doesNotContain("  ");
        Path killed = file.resolveSibling("killed");
        String text = new String(open, StandardCharsets.US_ASCII).stripTrailing() + "\n";
        int lastLine = text.length() - text.indexOf('\n') - 1;
        for (int lost = 0; lost <= lastLine; lost++) {
            // what a crash may leave where the last line was to be
            byte[] torn = open.clone();
            Arrays.fill(torn, text.length() - lost, text.length(), (byte) ' ');
            Files.write(killed, torn);
            try (LeaseLog log = LeaseLog.open(killed)) {
                assertThat(log.restored()).as("%d octets lost", lost)
                        .containsExactlyElementsOf(lost == 0 ? List.of(FIRST, SECOND) : List.of(FIRST));
            }
        }
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    }

    @Test
    void leavesOutDamagedLines() throws IOException {
        try (LeaseLog log = LeaseLog.open(file)) {
            log.append(List.of(FIRST, SECOND), List::of);
        }
        Files.writeString(file, Files.readString(file).replace("10.77.0.100", "10.77.0.109"));
        Files.write(file, new byte[]{0, -1, 32, 10}, StandardOpenOption.APPEND);

        try (LeaseLog log = LeaseLog.open(file)) {
            assertThat(log.restored()).containsExactly(SECOND);
        }
    }

    @Test
    void doesNotGrowWithoutEnd() throws IOException {
        try (LeaseLog log = LeaseLog.open(file)) {
            for (int batch = 0; batch < 130; batch++) {
                log.append(Collections.nCopies(1000, FIRST), () -> List.of(FIRST));
            }
            assertThat(lines()).hasSizeLessThan(101_100);
            log.append(List.of(SECOND), () -> List.of(FIRST, SECOND));
        }
        try (LeaseLog log = LeaseLog.open(file)) {
            assertThat(log.restored()).containsExactlyInAnyOrder(FIRST, SECOND);
        }
    }

    @Test
    void isForOneServiceAtATime() throws IOException {
        try (LeaseLog log = LeaseLog.open(file)) {
            assertThatThrownBy(() -> LeaseLog.open(file)).isInstanceOf(IOException.class)
                    .hasMessageContaining("is in use by another boot service");
            log.append(List.of(FIRST), List::of);
        }
        try (LeaseLog log = LeaseLog.open(file)) {
            assertThat(log.restored()).containsExactly(FIRST);
        }
    }
}
