package dev.kindling.engine.api;

import dev.kindling.engine.model.Cluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a user interface can ask of Kindling. All of them use this and the event stream, nothing else.
 *
 * <p>
 * Thread-safe. Expected failures are values ({@link Problem}); an {@link java.io.UncheckedIOException} means that the
 * workspace itself cannot be read or written.
 */
public interface Kindling extends AutoCloseable {
    /**
     * Reads a definition and reports everything that is wrong with it at once. An order (kind {@code ClusterOrder}) is
     * read as the definition that it amounts to, which is the text of the answer then.
     *
     * @param source name for messages, such as a file name
     * @param text YAML or JSON
     */
    Validation validate(String source, String text);

    /** The definition that a wizard's answers amount to, as YAML; it may still be invalid. */
    String compose(Draft draft);

    /**
     * Changes a definition's text and keeps its comments, its order, its quotes and its blank lines.
     *
     * @param source name for messages, such as a file name
     * @param edits made one after the other; none of them where one cannot be made
     */
    Edited edit(String source, String text, List<Edit> edits);

    /**
     * Changes the number of machines of a pool: {@link #edit} of its {@code count}, in the environment that the
     * definition stands for. Refused, with the problem {@code machines-move}, where machines that stay would get other
     * addresses.
     */
    default Edited scale(String source, String text, String pool, int count) {
        Validation before = validate(source, text);
        return Scaling.of(before, pool, count, edits -> edit(source, text, edits));
    }

    /** The answers that a wizard starts from. */
    Draft defaults();

    /**
     * The definition that {@code kindling demo} runs, as YAML.
     *
     * @param simulated true: programs that speak the boot protocols; false: QEMU machines of the virtual rack
     * @param nodes number of machines, at least 1; the first one is the control plane
     */
    String demo(boolean simulated, int nodes);

    /** The templates, ready-made ones and those of the user; those that are broken come with their problems. */
    List<Template> templates();

    /**
     * A definition from a template; it is the text of the answer.
     *
     * @param template name, or name@version
     * @param parameters by name, as a person writes them
     */
    Validation render(String template, Map<String, String> parameters);

    /**
     * A definition, or an order, from what another tool is fed with (Taskfile variables, provision requests, orders);
     * it is the text of the answer, even where it still has errors. Warnings name what was left out or assumed.
     *
     * @param more what the other form does not say: name, version, kind, cidr, gateway, bootServer, pool
     */
    Validation importFrom(String source, String text, Map<String, String> more);

    /** Runs the tests that a template brings along; none where there is no such template. */
    List<Template.Test> testTemplate(String template);

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

    /** A plan as text that another process can apply: JSON. {@link #apply} refuses it when a fact has changed. */
    String export(Plan plan);

    /**
     * Reads {@link #export}.
     *
     * @param source where the text came from, for messages
     */
    Imported importPlan(String source, String text);

    /** A plan to look at. The same plan gives the same text. */
    String picture(Plan plan, Plan.Picture form);

    /**
     * Runs the plan on simulated machines, in a workspace of its own that is gone afterwards; blocks. Machines keep
     * their names, MAC addresses and disks; nothing real is touched. An interrupt ends it.
     *
     * @param listener hears each event as it is recorded, on a thread of its own
     */
    Rehearsal rehearse(Plan plan, RehearsalOptions options, Consumer<Event.Recorded> listener)
            throws InterruptedException;

    /** Blocks until the run ends. */
    RunResult await(String run) throws InterruptedException;

    /** Asks a run to stop at the next safe point; returns at once. */
    void cancel(String run);

    /**
     * Asks that no further step starts until resumed; steps at work go on. Returns at once; {@code RunPaused} tells
     * when it is so. A pause outlives the process of the run. Nothing where the run is not at work.
     */
    void pause(String run);

    /** Ends a pause, also of a run that broke off meanwhile; nothing where there is none. */
    void resume(String run);

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

    /**
     * Writes everything that helps to look into a problem as a ZIP file, without secrets.
     *
     * @return the file; empty where there is no such cluster
     */
    Optional<Path> bundle(String cluster, Path file);

    /** Removes exactly what was recorded, with nothing but the journal. */
    RunResult down(String cluster) throws InterruptedException;

    /** The names of the workspace's clusters, without a look at what became of them. */
    default List<String> names() {
        return clusters().stream().map(ClusterStatus::name).toList();
    }

    /** Recomputes the chain of the cluster's records. */
    Audit audit(String cluster);

    /**
     * Copies the whole state into a file that must not exist, consistent while others work on it. Sealed secrets go
     * into a second file beside it, whose name ends in {@code .secrets}.
     */
    void backup(Path file);

    /** Writes a cluster's records as JSON lines, one per record with its hash, into a file that must not exist. */
    void exportJournal(String cluster, Path file);

    /** Rebuilds a cluster's state from its export; where there are problems, nothing was imported. */
    List<Problem> importJournal(Path file);

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
     * What goes wrong in a rehearsal, by chance.
     *
     * @param lossPercent of the datagrams that are dropped, 0 to 100
     * @param delay of every datagram and of every HTTP request
     * @param failurePercent of the boots, and of the disk writes, in which the machine fails, 0 to 100
     * @param seed the same one gives each machine the same luck
     */
    record RehearsalOptions(int lossPercent, Duration delay, int failurePercent, long seed) {
        public static final RehearsalOptions DEFAULT = new RehearsalOptions(0, Duration.ZERO, 0, 1);

        public RehearsalOptions {
            if (lossPercent < 0 || lossPercent > 100 || failurePercent < 0 || failurePercent > 100
                    || delay.isNegative()) {
                throw new IllegalArgumentException("loss and failures are percentages, and no delay is negative");
            }
        }
    }

    /**
     * How a rehearsal went.
     *
     * @param took from its start to its end, here
     * @param estimate for the machines of the definition, with the attempts that it took here
     * @param events all of them, in order
     */
    record Rehearsal(RunResult result, Duration took, Duration estimate, List<Event.Recorded> events) {
        public Rehearsal {
            events = List.copyOf(events);
        }
    }

    /** A plan that was read, or why it cannot be: exactly one of the two is there. */
    record Imported(Optional<Plan> plan, List<Problem> problems) {
        public Imported {
            problems = List.copyOf(problems);
        }
    }

    /**
     * Choices for a run that the definition does not hold.
     *
     * @param interfaceName the host's interface to serve real machines on; empty where none is needed
     * @param keepRunning true: machines that we started keep running after the run
     * @param lossPercent of simulated machines' datagrams that are dropped, 0 to 100
     * @param seed of everything random in simulated machines
     * @param delay of what simulated machines send
     * @param failurePercent of simulated machines' boots and disk writes that fail, 0 to 100
     * @param parallel how many steps of a kind of resource work at once, where the usual number does not fit:
     *            {@code power}, {@code write} or {@code local}, to 1 or more
     */
    record ApplyOptions(Optional<String> interfaceName, boolean keepRunning, int lossPercent, long seed, Duration delay,
            int failurePercent, Map<String, Integer> parallel) {
        public static final ApplyOptions DEFAULT = new ApplyOptions(Optional.empty(), false, 0, 1);

        public ApplyOptions {
            parallel = Map.copyOf(parallel);
        }

        /** With the usual parallelism, and simulated machines that are quick and sound. */
        public ApplyOptions(Optional<String> interfaceName, boolean keepRunning, int lossPercent, long seed) {
            this(interfaceName, keepRunning, lossPercent, seed, Duration.ZERO, 0, Map.of());
        }
    }

    /**
     * A report of a run.
     *
     * @param markdown text
     * @param html self-contained page with a timeline
     * @param json the same as data: a JSON object with outcome, runs, stages, steps, disks, troubles, timeline,
     *            hand-off and status
     * @param files where text and page were written
     */
    record Report(String markdown, String html, String json, List<Path> files) {}

    /**
     * Whether a cluster's journal is as it was written.
     *
     * @param records how many follow each other without a break, from the first
     * @param head hash of the last of them, in hex; empty where there is none. Records cut off at the end show only by
     *            comparing it with a head noted elsewhere (a report, the hand-off commit)
     * @param firstBadRecord the first record that does not fit; 0: none
     * @param reason what does not fit; null: nothing
     */
    record Audit(long records, String head, long firstBadRecord, @Nullable String reason) {
        /** Whether all records are as they were written. */
        public boolean ok() {
            return reason == null;
        }
    }

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
