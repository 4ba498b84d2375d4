package dev.kindling.engine.plan;

import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One action of a plan with the means to do it. A step checks, acts, verifies.
 *
 * @param action what it does, for people; its id is the step's
 * @param lane bounds how many steps of a kind work at once
 * @param attempts how often it is tried, at least 1
 * @param deadline of one attempt
 * @param alreadyDone observes the world (never the journal alone where the world can be asked) and says whether there
 *            is nothing to do
 * @param work acts; leaves the world verified, or throws
 * @param inputs fingerprint of what the step is made of: it stays done while this stays the same; null: of the whole
 *            definition, as it was written
 */
public record Step(Plan.Action action, Lane lane, int attempts, Duration deadline, Check alreadyDone, Work work,
        @Nullable String inputs) {
    public Step(Plan.Action action, Lane lane, int attempts, Duration deadline, Check alreadyDone, Work work) {
        this(action, lane, attempts, deadline, alreadyDone, work, null);
    }

    /**
     * The same step, done again only where one of these values changes. Each is taken as its text; so name the values
     * that matter, not whole records, whose text changes with every version of Kindling.
     */
    public Step madeOf(@Nullable Object... values) {
        return new Step(action, lane, attempts, deadline, alreadyDone, work, Fingerprint.of(values));
    }

    private static final String EACH_RUN = "each run";

    /** The same step, where its effect ends with the run: every run that has anything else to do does it. */
    public Step forEachRun() {
        return new Step(action, lane, attempts, deadline, alreadyDone, work, EACH_RUN);
    }

    boolean eachRun() {
        return EACH_RUN.equals(inputs);
    }

    /** The same step, with nothing to do: the journal is believed, where the world cannot be asked. */
    public Step believedDone() {
        return new Step(action, lane, attempts, deadline, () -> true, work, inputs);
    }

    public String id() {
        return action.id();
    }

    /** What bounds the parallelism of a step. */
    public enum Lane {
        /** Waiting for others: not bounded. */
        WAIT(Integer.MAX_VALUE),
        /** Work of this computer. */
        LOCAL(2),
        /** Switching machines on: spares fuses and TFTP. */
        POWER(64),
        /** Writing disks: all of them read the same image from us. */
        WRITE(64);

        private final int width;

        Lane(int width) {
            this.width = width;
        }

        public int width() {
            return width;
        }
    }

    /** An observation. */
    @FunctionalInterface
    public interface Check {
        boolean holds() throws IOException;
    }

    /** An effect. */
    @FunctionalInterface
    public interface Work {
        void perform(Attempt attempt) throws IOException, InterruptedException, Failed;
    }

    /** One try of a step, as the step sees it. */
    public interface Attempt {
        /** Tells people how it goes. {@code fraction} is 0 to 1, negative where unknown. */
        void progress(double fraction, String text);

        /** When this attempt is given up. */
        Instant deadline();

        Clock clock();

        /** Waits, by the time of {@link #clock}. */
        default void sleep(Duration duration) throws InterruptedException {
            Thread.sleep(duration);
        }
    }

    /** An expected failure: a value that travels as an exception to the step's boundary. */
    public static final class Failed extends Exception {
        private static final long serialVersionUID = 1;
        private final transient Problem problem;
        private final boolean retryable;

        public Failed(Problem problem, boolean retryable) {
            super(problem.toString());
            this.problem = problem;
            this.retryable = retryable;
        }

        public Problem problem() {
            return problem;
        }

        /** False where another try cannot help (the wrong disk, a failed checksum of a pinned file). */
        public boolean retryable() {
            return retryable;
        }
    }
}
