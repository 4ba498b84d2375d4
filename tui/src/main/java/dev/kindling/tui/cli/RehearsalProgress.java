package dev.kindling.tui.cli;

import dev.kindling.engine.api.BootStage;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.tui.text.EventText;
import dev.kindling.tui.text.Text;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Counts what a rehearsal tells, and shows the counts: on a terminal one line in place, else a line every few seconds.
 * Failures and stuck machines are lines of their own, as far as people can read along.
 */
final class RehearsalProgress implements AutoCloseable {
    private static final Duration REDRAW = Duration.ofMillis(200);
    private static final Duration LINE = Duration.ofSeconds(5);
    private static final int MOST_LINES = 30;

    private final Cli cli;
    private final int machines;
    private final int steps;
    private final Instant began;
    private final Map<String, BootStage> stages = new HashMap<>();
    private final Set<String> done = new HashSet<>();
    private final List<RehearseCommand.Stuck> stuck = new ArrayList<>();
    private int retries;
    private int lines;
    private boolean closed;
    private final Thread painter = Thread.ofVirtual().name("rehearsal-view").unstarted(this::paint);

    RehearsalProgress(Cli cli, Plan plan) {
        this.cli = cli;
        this.machines = plan.cluster().machines().size();
        this.steps = plan.actions().size();
        this.began = cli.world().clock().instant();
    }

    RehearsalProgress start() {
        if (!cli.quiet) {
            painter.start();
        }
        return this;
    }

    synchronized void event(Event.Recorded recorded) {
        switch (recorded.event()) {
            case Event.MachineObserved(String machine, BootStage stage, double _, String _) ->
                stages.put(machine, stage);
            case Event.StepDone finished -> done.add(finished.step());
            case Event.StepFailed failed -> {
                retries += failed.retryInMillis() >= 0 ? 1 : 0;
                line(recorded);
            }
            case Event.MachineStuck(String machine, String reason, String _) -> {
                if (reason != null) {
                    stuck.add(new RehearseCommand.Stuck(machine, reason));
                }
                line(recorded);
            }
            default -> {
                // not counted
            }
        }
    }

    private void line(Event.Recorded recorded) {
        if (lines < MOST_LINES && !cli.quiet) {
            lines++;
            erase();
            cli.remark(EventText.line(recorded, cli.ansi())
                    + (lines == MOST_LINES ? "\n... further failures are counted only" : ""));
        }
    }

    private void paint() {
        try {
            while (true) {
                Thread.sleep(inPlace() ? REDRAW : LINE);
                synchronized (this) {
                    if (closed) {
                        return;
                    }
                    String text = "rehearsal: " + ready() + " of " + Text.count(machines, "machine") + " ready, "
                            + done.size() + " of " + Text.count(steps, "step") + " done, "
                            + Text.elapsed(Duration.between(began, cli.world().clock().instant()));
                    if (inPlace()) {
                        cli.world().out().print("\r" + cli.unicode(text) + "\u001b[K");
                        cli.world().out().flush();
                    } else {
                        cli.remark(text);
                    }
                }
            }
        } catch (InterruptedException e) {
            // the rehearsal is over
        }
    }

    private boolean inPlace() {
        return cli.canRedraw() && !cli.json;
    }

    private void erase() {
        if (inPlace() && !cli.quiet) {
            cli.world().out().print("\r\u001b[K");
            cli.world().out().flush();
        }
    }

    synchronized int ready() {
        return (int) stages.values().stream().filter(stage -> stage == BootStage.READY).count();
    }

    synchronized int retries() {
        return retries;
    }

    synchronized List<RehearseCommand.Stuck> stuck() {
        return List.copyOf(stuck);
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            erase();
        }
        painter.interrupt();
    }
}
