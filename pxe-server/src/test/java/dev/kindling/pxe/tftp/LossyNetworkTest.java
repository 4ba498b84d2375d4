package dev.kindling.pxe.tftp;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The state machine over a network that loses, doubles and reorders packets, in virtual time. */
class LossyNetworkTest {
    private static final long MILLI = Duration.ofMillis(1).toNanos();

    @ParameterizedTest
    @CsvSource({"0,0", "1,1", "5,5", "20,10", "25,20"})
    void deliversEveryBlockInOrderUnderAnySeed(int lossPercent, int doublePercent) {
        for (int window : new int[]{1, 2, 7, 16, 64}) {
            for (long seed = 0; seed < 60; seed++) {
                var run = new Run(seed, window, lossPercent, doublePercent, 300);
                run.untilEnd();
                assertThat(run.problem).as("seed %d, window %d, loss %d%%, doubled %d%%", seed, window, lossPercent,
                        doublePercent).isNull();
            }
        }
    }

    @Test
    void doesNotSendTwiceWhatEveryDuplicateAsksFor() {
        for (long seed = 0; seed < 200; seed++) {
            var run = new Run(seed, 1, 0, 30, 400);
            run.untilEnd();
            assertThat(run.problem).as("seed %d", seed).isNull();
            assertThat(run.dataSent).as("DATA packets for 401 blocks, seed %d", seed).isLessThan(440);
        }
    }

    @Test
    void doesNotKeepDoublingWindowsOnDuplicates() {
        for (long seed = 0; seed < 200; seed++) {
            var run = new Run(seed, 16, 0, 10, 1600);
            run.untilEnd();
            assertThat(run.problem).as("seed %d", seed).isNull();
            assertThat(run.dataSent).as("DATA packets for 1601 blocks, seed %d", seed).isLessThan(3 * 1601);
        }
    }

    private record Flight(long at, long order, boolean toClient, int block) {}

    /** One transfer: the server is a Transfer, the client follows RFC 7440 and answers every stray block. */
    private static final class Run {
        private final Random random;
        private final int loss;
        private final int twice;
        private final int window;
        private final Transfer transfer;
        private final long blocks;
        private final PriorityQueue<Flight> network = new PriorityQueue<>(
                Comparator.comparingLong(Flight::at).thenComparingLong(Flight::order));
        private long now;
        private long order;
        private long got;
        private int since;
        private boolean gap;
        private boolean oack;
        private long clientTimer;
        private boolean over;
        int dataSent;
        @Nullable
        String problem;

        Run(long seed, int window, int loss, int twice, int blocks) {
            this.random = new Random(seed);
            this.loss = loss;
            this.twice = twice;
            this.window = window;
            this.blocks = blocks + 1L;
            var options = new LinkedHashMap<String, String>();
            options.put("windowsize", Integer.toString(window));
            long size = blocks * 512L;
            transfer = new Transfer(Terms.of(new TftpPacket.Request(false, "f", "octet", options), size,
                    new Terms.Limits(1500, false, 65_464, 64)), size);
        }

        void untilEnd() {
            clientTimer = 1000 * MILLI;
            perform(transfer.start(now));
            for (int events = 0; !over; events++) {
                if (events > 2_000_000) {
                    problem = "no end";
                    return;
                }
                var flight = network.peek();
                long next = Math.min(transfer.deadline(), clientTimer);
                if (flight != null && flight.at() <= next) {
                    now = network.remove().at();
                    if (flight.toClient()) {
                        client(flight.block());
                    } else {
                        perform(transfer.onAck(flight.block() & 0xffff, now));
                    }
                } else if (transfer.deadline() <= clientTimer) {
                    now = transfer.deadline();
                    perform(transfer.onTimer(now));
                } else {
                    now = clientTimer;
                    acknowledge();
                }
            }
            if (got != blocks && problem == null) {
                problem = "ended after block " + got;
            }
        }

        private void perform(Transfer.Move move) {
            switch (move) {
                case Transfer.Move.Wait wait -> {
                    // nothing
                }
                case Transfer.Move.Acknowledge acknowledge -> fly(true, 0);
                case Transfer.Move.Send send -> {
                    for (int i = 0; i < send.count(); i++) {
                        dataSent++;
                        fly(true, (int) send.first() + i);
                    }
                }
                case Transfer.Move.Done done -> over = true;
                case Transfer.Move.SizeOnly size -> problem = "size only";
                case Transfer.Move.GiveUp giveUp -> {
                    // the client has it all, and only its last ACK was lost: that is the protocol's own weakness
                    problem = got == blocks ? null : giveUp.reason();
                    over = true;
                }
            }
        }

        private void client(int block) {
            if (block == 0) {
                if (got == 0) {
                    oack = true;
                    acknowledge();
                }
                return;
            }
            if (!oack) {
                problem = "DATA before the OACK was answered";
            }
            if (block == got + 1) {
                got++;
                since++;
                gap = false;
                clientTimer = now + 1000 * MILLI;
                if (since == window || got == blocks) {
                    acknowledge();
                }
            } else if (block <= got) {
                acknowledge(); // the worst kind of client
            } else if (!gap) {
                gap = true;
                acknowledge();
            }
        }

        private void acknowledge() {
            clientTimer = now + 1000 * MILLI;
            if (oack) {
                since = 0;
                gap = false;
                fly(false, (int) got);
            }
        }

        private void fly(boolean toClient, int block) {
            int copies = random.nextInt(100) < loss ? 0 : random.nextInt(100) < twice ? 2 : 1;
            for (int i = 0; i < copies; i++) {
                long jitter = loss + twice == 0 ? 0 : random.nextInt(100) < 5 ? random.nextLong(4 * MILLI) : 0;
                network.add(new Flight(now + MILLI / 2 + jitter + i * (MILLI / 4), order++, toClient, block));
            }
        }
    }
}
