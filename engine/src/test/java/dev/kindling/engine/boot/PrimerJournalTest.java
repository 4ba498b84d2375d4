package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.boot.PrimerJournal.Stage;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The records of an installation on its own disk. */
class PrimerJournalTest {
    private static final PrimerJournal TWO = PrimerJournal.of("1234-abcd").with(Stage.ERASED, "").with(Stage.SYSTEM,
            "ab".repeat(32));

    @Test
    void whatWasRecordedIsReadBack() {
        PrimerJournal read = PrimerJournal.decode(TWO.encode());
        assertThat(read).isEqualTo(TWO);
        assertThat(read.reached(Stage.SYSTEM)).contains("ab".repeat(32));
        assertThat(read.reached(Stage.STATE)).isEmpty();
        assertThat(TWO.encode()).hasSize(PrimerJournal.BYTES);
    }

    @Test
    void aDiskWithoutOneHasNoRecords() {
        assertThat(PrimerJournal.decode(new byte[PrimerJournal.BYTES]).entries()).isEmpty();
        byte[] noise = new byte[PrimerJournal.BYTES];
        Arrays.fill(noise, (byte) 0xA5);
        assertThat(PrimerJournal.decode(noise).order()).isEmpty();
    }

    @Test
    void aRecordThatWasTornDoesNotCount() {
        byte[] area = TWO.encode();
        for (int at = 512; at < 1024 && area[at] != 0; at++) {
            byte[] torn = area.clone();
            torn[at] ^= 1;
            assertThat(PrimerJournal.decode(torn).entries()).as("byte %d", at).hasSize(1);
            assertThat(PrimerJournal.decode(torn).reached(Stage.ERASED)).isPresent();
        }
    }

    @Test
    void whatBelongsToAnotherInstallationEndsTheJournal() {
        byte[] area = TWO.encode();
        byte[] other = PrimerJournal.of("9999-ffff").with(Stage.SYSTEM, "00").encode();
        System.arraycopy(other, 0, area, 1024, 512);
        assertThat(PrimerJournal.decode(area)).isEqualTo(TWO);
    }

    @Test
    void aStageThatIsReachedAgainMakesThoseBehindItVoid() {
        PrimerJournal all = TWO.with(Stage.STATE, "").with(Stage.KEPT, "");
        PrimerJournal again = all.with(Stage.SYSTEM, "cd");
        assertThat(again.entries()).extracting(PrimerJournal.Entry::stage).containsExactly(Stage.ERASED,
                Stage.SYSTEM);
        assertThat(again.reached(Stage.SYSTEM)).contains("cd");
        assertThat(PrimerJournal.decode(again.encode())).isEqualTo(again);
    }
}
