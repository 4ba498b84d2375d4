package dev.kindling.pxe.tftp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.tftp.Transfer.Move;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TransferTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private long now = 5 * SECOND;

    @Test
    void sendsTheFirstBlockAtOnceWhereNoOptionWasAsked() {
        assertThat(transfer(700).start(now)).isEqualTo(new Move.Send(1, 1));
    }

    @Test
    void endsAFileThatFillsItsLastBlockWithAnEmptyOne() {
        var transfer = transfer(1024);
        transfer.start(now);
        assertThat(transfer.onAck(1, now)).isEqualTo(new Move.Send(2, 1));
        assertThat(transfer.onAck(2, now)).isEqualTo(new Move.Send(3, 1));
        assertThat(transfer.onAck(3, now)).isEqualTo(new Move.Done());
    }

    @Test
    void answersNoDuplicateAcknowledgementWithData() {
        var transfer = transfer(5000);
        transfer.start(now);
        assertThat(transfer.onAck(1, now += SECOND / 100)).isInstanceOf(Move.Send.class);
        assertThat(transfer.onAck(1, now += SECOND / 10)).isInstanceOf(Move.Wait.class);
        assertThat(transfer.onAck(1, now += SECOND / 10)).isInstanceOf(Move.Wait.class);
    }

    @Test
    void ignoresAcknowledgementsOfBlocksThatWereNotSent() {
        var transfer = transfer(100_000, "windowsize", "4");
        transfer.start(now);
        transfer.onAck(0, now);
        assertThat(transfer.onAck(5, now)).isInstanceOf(Move.Wait.class);
        assertThat(transfer.onAck(65_535, now)).isInstanceOf(Move.Wait.class);
        assertThat(transfer.onAck(4, now)).isEqualTo(new Move.Send(5, 4));
    }

    @Test
    void goesBackToTheBlockAfterOneInTheMiddleOfTheWindow() {
        var transfer = transfer(100_000, "windowsize", "8");
        transfer.start(now);
        transfer.onAck(0, now);
        assertThat(transfer.onAck(3, now)).isEqualTo(new Move.Send(4, 8));
    }

    @Test
    void repeatsAWindowWhoseFirstBlockWasLostOnceAndOnlyAfterARoundTrip() {
        var transfer = transfer(100_000, "windowsize", "4");
        transfer.start(now);
        transfer.onAck(0, now += SECOND / 100);
        transfer.onAck(4, now += SECOND / 100);
        assertThat(transfer.onAck(4, now += SECOND / 1000)).as("too early to be about this window")
                .isInstanceOf(Move.Wait.class);
        assertThat(transfer.onAck(4, now += SECOND / 100)).isEqualTo(new Move.Send(5, 4));
        assertThat(transfer.onAck(4, now += SECOND / 50)).as("once").isInstanceOf(Move.Wait.class);
        assertThat(transfer.onAck(8, now += SECOND / 100)).isEqualTo(new Move.Send(9, 4));
        assertThat(transfer.onAck(8, now += SECOND / 50)).as("echo of the repetition").isInstanceOf(Move.Wait.class);
    }

    @Test
    void asksForTheEndOfAWindowBeforeItSendsAllOfItAgain() {
        var transfer = transfer(100_000, "windowsize", "8");
        transfer.start(now);
        transfer.onAck(0, now += SECOND / 100);
        transfer.onAck(8, now += SECOND / 100);
        now = transfer.deadline();
        assertThat(transfer.onTimer(now)).as("its last block alone").isEqualTo(new Move.Send(16, 1));
        assertThat(transfer.onAck(12, now += SECOND / 50)).as("the client tells where it stands")
                .isEqualTo(new Move.Send(13, 8));
        now = transfer.deadline();
        transfer.onTimer(now);
        now = transfer.deadline();
        assertThat(transfer.onTimer(now)).as("silence again").isEqualTo(new Move.Send(13, 8));
    }

    @Test
    void numbersBlocksBeyond65535FromZeroAgain() {
        var transfer = transfer(100_000L * 512);
        transfer.start(now);
        Move move = new Move.Wait();
        for (int block = 1; block <= 70_000; block++) {
            move = transfer.onAck(block & 0xffff, now += 1000);
        }
        assertThat(move).isEqualTo(new Move.Send(70_001, 1));
    }

    @Test
    void backsOffAndGivesUpWithTheReason() {
        var transfer = transfer(100_000, "blksize", "1468");
        assertThat(transfer.start(now)).isInstanceOf(Move.Acknowledge.class);
        long begun = now;
        long wait = 0;
        int sent = 1;
        while (true) {
            long before = now;
            now = transfer.deadline();
            var move = transfer.onTimer(now);
            if (move instanceof Move.GiveUp giveUp) {
                assertThat(giveUp.reason())
                        .isEqualTo("no answer for %d s after the OACK: the firmware asked blksize 1468"
                                .formatted((now - begun) / SECOND) + " over an MTU of 1400, and was offered 1368");
                break;
            }
            assertThat(move).isInstanceOf(Move.Acknowledge.class);
            assertThat(now - before).as("waits longer each time").isGreaterThanOrEqualTo(wait);
            wait = now - before;
            sent++;
        }
        assertThat(sent).isBetween(8, 16);
        assertThat(now - begun).isBetween(60 * SECOND, 66 * SECOND);
    }

    @Test
    @DisplayName("lesson 10: a first block that never arrives tells of the MTU")
    void namesTheBlockSizeWhereTheFirstBlockNeverArrives() {
        var transfer = transfer(100_000, "blksize", "1468");
        transfer.start(now);
        transfer.onAck(0, now);
        Move move = new Move.Wait();
        while (!(move instanceof Move.GiveUp)) {
            now = transfer.deadline();
            move = transfer.onTimer(now);
        }
        assertThat(((Move.GiveUp) move).reason()).contains("at block 1 of 74",
                "blocks of 1368 octets may be too large");
        assertThat(transfer.stuckAtFirstBlock(now)).isTrue();
    }

    @Test
    @DisplayName("lesson 11: ERROR 8 after the size is no failure")
    void takesAnErrorAfterTheSizeForAnAnswerNotAFailure() {
        var asked = transfer(100_000, "tsize", "0", "blksize", "1468");
        asked.start(now);
        assertThat(asked.onFailure(new TftpPacket.Failure(8, "User aborted the transfer")))
                .isEqualTo(new Move.SizeOnly());
        var begun = transfer(100_000, "tsize", "0");
        begun.start(now);
        begun.onAck(0, now);
        begun.onAck(1, now);
        assertThat(begun.onFailure(new TftpPacket.Failure(3, "disk\nfull")))
                .isEqualTo(new Move.GiveUp("the client gave up: diskfull (error 3)"));
    }

    @Test
    void repeatsTheOackForARepeatedRequestButNothingLater() {
        var transfer = transfer(100_000, "tsize", "0");
        transfer.start(now);
        assertThat(transfer.onRequestAgain(now)).isInstanceOf(Move.Acknowledge.class);
        transfer.onAck(0, now);
        assertThat(transfer.onRequestAgain(now)).isInstanceOf(Move.Wait.class);
        assertThat(transfer.stalled(now)).isFalse();
        assertThat(transfer.stalled(now + 3 * SECOND)).isTrue();
    }

    @Test
    void learnsFromTheRoundTripAndNotFromRepetitions() {
        var transfer = transfer(1_000_000);
        transfer.start(now);
        assertThat(transfer.deadline() - now).isEqualTo(SECOND);
        for (int block = 1; block < 40; block++) {
            transfer.onAck(block, now += SECOND / 50);
        }
        assertThat(transfer.deadline() - now).isBetween(SECOND / 50, SECOND / 10);
        now = transfer.deadline();
        transfer.onTimer(now);
        long doubled = transfer.deadline() - now;
        transfer.onAck(40, now += 3 * SECOND);
        assertThat(transfer.deadline() - now).as("Karn").isEqualTo(doubled);
    }

    @Test
    @DisplayName("lesson 11: only the options that were asked are echoed")
    void clampsAndEchoesOnlyWhatWasAsked() {
        var terms = terms(1000, "timeout", "3", "blksize", "65464", "windowsize", "200", "multicast", "", "tsize", "0");
        assertThat(terms.acknowledged()).containsExactly(java.util.Map.entry("timeout", "3"),
                java.util.Map.entry("blksize", "1368"), java.util.Map.entry("windowsize", "64"),
                java.util.Map.entry("tsize", "1000"));
        assertThat(terms(1000, "blksize", "7", "windowsize", "0", "timeout", "256", "tsize", "-1").acknowledged())
                .isEmpty();
        assertThat(terms(1000, "blksize", "99999999999999999999").acknowledged()).isEmpty();
        assertThat(terms(1000, "blksize", "8").blockSize()).isEqualTo(8);
    }

    private static Transfer transfer(long size, String... options) {
        return new Transfer(terms(size, options), size);
    }

    private static Terms terms(long size, String... options) {
        SequencedMap<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < options.length; i += 2) {
            map.put(options[i], options[i + 1]);
        }
        return Terms.of(new TftpPacket.Request(false, "f", "octet", map), size,
                new Terms.Limits(1400, false, 65_464, 64));
    }
}
