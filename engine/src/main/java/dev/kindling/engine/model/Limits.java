package dev.kindling.engine.model;

import java.time.Duration;

/**
 * How fast a run may go at what machines share: fuses, a disk image's readers, this computer.
 *
 * @param power switching machines on
 * @param write writing disks
 * @param local work of this computer, such as preparing boot files
 */
public record Limits(Limit power, Limit write, Limit local) {
    public static final Limits NONE = new Limits(Limit.USUAL, Limit.USUAL, Limit.USUAL);

    /**
     * Of one kind of work.
     *
     * @param parallel how many at once; 0: as many as usual
     * @param pause the least time from the start of one to the start of the next; zero: none
     */
    public record Limit(int parallel, Duration pause) {
        public static final Limit USUAL = new Limit(0, Duration.ZERO);

        public Limit {
            if (parallel < 0 || pause.isNegative()) {
                throw new IllegalArgumentException("neither " + parallel + " nor " + pause + " is a limit");
            }
        }
    }
}
