package dev.kindling.engine.api;

import dev.kindling.engine.model.Cluster;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Everything that a user interface can ask of Kindling. All of them use this and the event stream, nothing else.
 *
 * <p>
 * Thread-safe. Expected failures are values ({@link Problem}); an {@link java.io.UncheckedIOException} means that the
 * workspace itself cannot be read or written.
 */
public interface Kindling extends AutoCloseable {
    /**
     * Reads a definition and reports everything that is wrong with it at once.
     *
     * @param source name for messages, such as a file name
     * @param text YAML or JSON
     */
    Validation validate(String source, String text);

    /** The definition that a wizard's answers amount to, as YAML; it may still be invalid. */
    String compose(Draft draft);

    /** The answers that a wizard starts from. */
    Draft defaults();

    /**
     * The definition that {@code kindling demo} runs, as YAML.
     *
     * @param simulated true: programs that speak the boot protocols; false: QEMU machines of the virtual rack
     * @param nodes number of machines, at least 1; the first one is the control plane
     */
    String demo(boolean simulated, int nodes);

    /** Why no virtual rack can run on this computer, with the remedy; empty where one can. */
    default Optional<Problem> virtualRackProblem() {
        return Optional.empty();
    }

    /** What a run would do now, given what the journal knows. Starts nothing. */
    Plan plan(Validation validation);

    /**
     * Starts a run of the plan and returns at once; {@link #events} tells the rest. A run that was broken off is
     * resumed.
     *
     * @return the run, or the problems that keep it from starting (another run holds the cluster, a fact changed)
     */
    Started apply(Plan plan, ApplyOptions options);

    /** Blocks until the run ends. */
    RunResult await(String run) throws InterruptedException;

    /** Asks a run to stop at the next safe point; returns at once. */
    void cancel(String run);

    /** The clusters of this workspace, by name. */
    List<ClusterStatus> clusters();

    /** Empty where the workspace has no such cluster. */
    Optional<ClusterStatus> status(String cluster);

    /** The definition that was last applied; empty where there is none. */
    Optional<Validation> definition(String cluster);

    /** Recorded events after {@code afterSeq}, oldest first. */
    List<Event.Recorded> history(String cluster, long afterSeq);

    /**
     * Recorded events after {@code afterSeq} and all that follow, in order, from whichever process they come. The
     * listener runs on a thread of its own.
     */
    Subscription events(String cluster, long afterSeq, Consumer<Event.Recorded> listener);

    /** The hardware of this computer. */
    Hardware hardware();

    /** The report of the latest run; empty where there was none. */
    Optional<Report> report(String cluster);

    /** Removes exactly what was recorded, with nothing but the journal. */
    RunResult down(String cluster) throws InterruptedException;

    /** The workspace's directory. */
    Path workspace();

    /** As {@link #history(String, long)}, at most {@code limit} of them. */
    default List<Event.Recorded> history(String cluster, long afterSeq, int limit) {
        return history(cluster, afterSeq).stream().limit(limit).toList();
    }

    /** Where the clusters are kept, for people: {@code workspace DIR}, or {@code server URL}. */
    default String place() {
        return "workspace " + workspace();
    }

    /** Ends subscriptions and runs of this process. A run can be resumed. */
    @Override
    void close();

    /** A run that started, or why not: exactly one of the two is there. */
    record Started(Optional<String> run, List<Problem> problems) {}

    /**
     * Choices for a run that the definition does not hold.
     *
     * @param interfaceName the host's interface to serve real machines on; empty where none is needed
     * @param keepRunning true: machines that we started keep running after the run
     * @param lossPercent of simulated machines' datagrams that are dropped, 0 to 100
     * @param seed of everything random in simulated machines
     */
    record ApplyOptions(Optional<String> interfaceName, boolean keepRunning, int lossPercent, long seed) {
        public static final ApplyOptions DEFAULT = new ApplyOptions(Optional.empty(), false, 0, 1);
    }

    /**
     * A report of a run.
     *
     * @param markdown text
     * @param html self-contained page with a timeline
     * @param files where both were written
     */
    record Report(String markdown, String html, List<Path> files) {}

    /** Ends when closed. */
    interface Subscription extends AutoCloseable {
        @Override
        void close();
    }

    /** The model behind a validation, for callers that have checked {@link Validation#ok}. */
    static Cluster modelOf(Validation validation) {
        Cluster cluster = validation.cluster();
        if (cluster == null) {
            throw new IllegalArgumentException(validation.source() + " has problems: " + validation.problems());
        }
        return cluster;
    }
}
