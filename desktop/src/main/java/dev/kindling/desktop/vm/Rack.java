package dev.kindling.desktop.vm;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ClusterStatus.MachineStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Kindling;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.beans.property.ReadOnlyStringProperty;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.property.SimpleStringProperty;
import javafx.beans.property.StringProperty;
import javafx.collections.FXCollections;
import javafx.collections.ObservableList;
import javafx.collections.transformation.FilteredList;
import org.jspecify.annotations.Nullable;

/**
 * One cluster, live, from whichever process its run is in.
 *
 * <p>
 * Events are not interpreted here: each bunch of them, at most ten bunches a second, makes the engine's own fold be
 * read again, so that this screen cannot tell another story than the command line does.
 */
public final class Rack {
    private static final Duration BUNCH = Duration.ofMillis(100);
    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final int LOG_LIMIT = 5_000;

    private final Kindling kindling;
    private final Work work;

    private final ReadOnlyStringWrapper cluster = new ReadOnlyStringWrapper("");
    private final ReadOnlyObjectWrapper<@Nullable ClusterStatus> status = new ReadOnlyObjectWrapper<>();
    private final ReadOnlyObjectWrapper<Instant> now;
    private final ReadOnlyBooleanWrapper running = new ReadOnlyBooleanWrapper();
    private final ReadOnlyBooleanWrapper cancelling = new ReadOnlyBooleanWrapper();
    private final ObservableList<MachineStatus> machines = FXCollections.observableArrayList();
    private final ObservableList<Event.Recorded> log = FXCollections.observableArrayList();
    private final FilteredList<Event.Recorded> shownLog = new FilteredList<>(log);
    private final StringProperty filter = new SimpleStringProperty("");

    private final Object lock = new Object();
    private List<Event.Recorded> arrived = new ArrayList<>();
    private boolean bunching;

    /** Grows when another cluster is followed, so that late answers about the former one are thrown away. */
    private long session;
    private Kindling.@Nullable Subscription subscription;
    private Work.@Nullable Timer tick;

    Rack(Kindling kindling, Work work) {
        this.kindling = kindling;
        this.work = work;
        now = new ReadOnlyObjectWrapper<>(work.clock().instant());
        filter.addListener((_, _, words) -> shownLog.setPredicate(event -> matches(event, words)));
    }

    /** Shows a cluster from its first event on and follows it. */
    public void follow(String name) {
        stop();
        long mine;
        synchronized (lock) {
            mine = ++session;
            arrived = new ArrayList<>();
            bunching = false;
        }
        cluster.set(name);
        status.set(null);
        machines.clear();
        log.clear();
        cancelling.set(false);
        work.run("following " + name, () -> kindling.events(name, 0, event -> arrived(mine, event)), opened -> {
            if (mine == session) {
                subscription = opened;
            } else {
                opened.close();
            }
        });
        read(mine);
        ticks();
    }

    /** Ends following; the run goes on. */
    public void stop() {
        session++;
        Kindling.Subscription open = subscription;
        subscription = null;
        if (open != null) {
            work.run("ending the subscription", () -> {
                open.close();
                return true;
            }, _ -> {});
        }
        if (tick != null) {
            tick.stop();
        }
    }

    private void ticks() {
        now.set(work.clock().instant());
        tick = work.later(SECOND, this::ticks);
    }

    /** On the subscription's thread. */
    private void arrived(long mine, Event.Recorded event) {
        synchronized (lock) {
            if (mine != session) {
                return; // the cluster that was followed before
            }
            arrived.add(event);
            if (bunching) {
                return;
            }
            bunching = true;
        }
        work.later(BUNCH, () -> read(mine));
    }

    private void read(long mine) {
        if (mine != session) {
            return;
        }
        List<Event.Recorded> bunch;
        synchronized (lock) {
            bunch = arrived;
            arrived = new ArrayList<>();
            bunching = false;
        }
        // before the state is read: readings overtake each other, and may fail
        append(bunch);
        String name = cluster.get();
        work.run("reading the state of " + name, () -> kindling.status(name), fresh -> {
            if (mine == session) {
                fresh.ifPresent(this::apply);
            }
        });
    }

    private void append(List<Event.Recorded> bunch) {
        log.addAll(bunch);
        if (log.size() > LOG_LIMIT) {
            log.remove(0, log.size() - LOG_LIMIT);
        }
    }

    private void apply(ClusterStatus fresh) {
        ClusterStatus shown = status.get();
        if (shown != null && shown.lastSeq() > fresh.lastSeq()) {
            return;
        }
        for (int i = 0; i < fresh.machines().size(); i++) {
            if (i >= machines.size()) {
                machines.add(fresh.machines().get(i));
            } else if (!machines.get(i).equals(fresh.machines().get(i))) {
                machines.set(i, fresh.machines().get(i));
            }
        }
        machines.remove(fresh.machines().size(), machines.size());
        now.set(work.clock().instant());
        boolean runs = fresh.run() != null && fresh.startedAt() != null && fresh.endedAt() == null;
        if (!runs) {
            cancelling.set(false);
        }
        running.set(runs);
        status.set(fresh);
    }

    /** Every word must occur in the event's line, machine or kind. */
    private static boolean matches(Event.Recorded recorded, String words) {
        Event event = recorded.event();
        String line = (event.getClass().getSimpleName() + " " + Objects.requireNonNullElse(event.machine(), "") + " "
                + event.text()).toLowerCase(Locale.ROOT);
        return Arrays.stream(words.toLowerCase(Locale.ROOT).strip().split("\\s+", -1)).allMatch(line::contains);
    }

    /** Asks the run to stop at the next safe point. */
    public void cancel() {
        ClusterStatus shown = status.get();
        String run = shown == null ? null : shown.run();
        if (run == null || cancelling.get()) {
            return;
        }
        cancelling.set(true);
        work.run("cancelling the run", () -> {
            kindling.cancel(run);
            return run;
        }, _ -> {});
    }

    /** Reads the report of the latest run. */
    public void report(Consumer<Optional<Kindling.Report>> then) {
        String name = cluster.get();
        work.run("reading the report of " + name, () -> kindling.report(name), then);
    }

    /** The followed cluster; empty: none. */
    public ReadOnlyStringProperty cluster() {
        return cluster.getReadOnlyProperty();
    }

    /** Its state; null: not read yet. */
    public ReadOnlyObjectProperty<@Nullable ClusterStatus> status() {
        return status.getReadOnlyProperty();
    }

    /** Its machines; only what changed is replaced. */
    public ObservableList<MachineStatus> machines() {
        return machines;
    }

    /** The event log as filtered. */
    public ObservableList<Event.Recorded> log() {
        return shownLog;
    }

    /** Words that a line of the log must hold. */
    public StringProperty filter() {
        return filter;
    }

    /** What time it is, once a second. */
    public ReadOnlyObjectProperty<Instant> now() {
        return now.getReadOnlyProperty();
    }

    /** True while a run goes on, here or in another process. */
    public ReadOnlyBooleanProperty running() {
        return running.getReadOnlyProperty();
    }

    /** True after {@link #cancel} until the run has ended. */
    public ReadOnlyBooleanProperty cancelling() {
        return cancelling.getReadOnlyProperty();
    }

    /** How many machines are at the last stage. */
    public static long ready(ClusterStatus status) {
        return status.machines().stream().filter(machine -> machine.stage() == BootStage.READY).count();
    }

    /** {@code 4 s}, {@code 3 min 20 s}, {@code 2 h 05 min}. Negative durations are shown as zero. */
    public static String elapsed(Duration duration) {
        long seconds = Math.max(0, duration.toSeconds());
        if (seconds < 60) {
            return seconds + " s";
        }
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
    }

    /** {@code 512 MB}, {@code 4.0 GB}, {@code 1.9 TB}, as disks are labelled; {@code size unknown} for 0. */
    public static String size(long bytes) {
        if (bytes <= 0) {
            return "size unknown";
        }
        if (bytes < 1_000_000_000L) {
            return bytes / 1_000_000 + " MB";
        }
        return bytes < 1_000_000_000_000L
                ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
                : String.format(Locale.ROOT, "%.1f TB", bytes / 1e12);
    }
}
