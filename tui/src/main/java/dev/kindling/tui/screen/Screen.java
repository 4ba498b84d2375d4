package dev.kindling.tui.screen;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Validation;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is being looked at. */
sealed interface Screen permits Screen.Start, Screen.Planned, Screen.Rack, Install, Wizard {
    /**
     * The clusters of the workspace, and what can be begun.
     *
     * @param selected clusters first, then the beginnings
     */
    record Start(int selected) implements Screen {
        private static final List<String> BEGINNINGS = List.of("New cluster (wizard)",
                "Demonstration with QEMU machines", "Demonstration with simulated machines",
                "Install the primer to a disk of this machine");

        /** What can be begun; the last one in the live system only. */
        static List<String> beginnings(boolean live) {
            return live ? BEGINNINGS : BEGINNINGS.subList(0, BEGINNINGS.size() - 1);
        }
    }

    /**
     * A plan before it is started.
     *
     * @param plan null where the definition has errors
     * @param scroll first line that is seen
     */
    record Planned(Validation validation, @Nullable Plan plan, int scroll) implements Screen {}

    /**
     * The machines of a cluster while they boot.
     *
     * @param status null until it was read
     * @param log the newest last
     * @param selected machine
     * @param logUp lines that the log is scrolled back by; 0: it shows the newest
     * @param lost why the status could not be read again, and may be an old one; empty: it could
     */
    record Rack(String cluster, @Nullable ClusterStatus status, List<Event.Recorded> log, int selected, Pane pane,
            int logUp, String lost) implements Screen {
        /** How many events are kept for the screen; the journal has them all. */
        static final int LOG_LIMIT = 2000;

        public Rack {
            log = List.copyOf(log);
        }

        /** Which part the arrow keys move in, and which is drawn large. */
        enum Pane {
            MACHINES,
            LOG,
            DETAIL
        }

        static Rack of(String cluster) {
            return new Rack(cluster, null, List.of(), 0, Pane.MACHINES, 0, "");
        }

        Rack with(ClusterStatus newStatus) {
            return new Rack(cluster, newStatus, log,
                    Math.clamp(selected, 0, Math.max(0, newStatus.machines().size() - 1)), pane, logUp, "");
        }

        /** The status is as old as it is: the server does not answer. */
        Rack lost(String why) {
            return new Rack(cluster, status, log, selected, pane, logUp, why);
        }

        Rack withLog(List<Event.Recorded> newLog) {
            int from = Math.max(0, newLog.size() - LOG_LIMIT);
            // who reads back in the log keeps what he reads before his eyes
            int up = logUp == 0 ? 0 : Math.min(logUp + newLog.size() - log.size(), LOG_LIMIT - 1);
            return new Rack(cluster, status, newLog.subList(from, newLog.size()), selected, pane, up, lost);
        }

        Rack select(int machine) {
            int last = status == null ? 0 : Math.max(0, status.machines().size() - 1);
            return new Rack(cluster, status, log, Math.clamp(machine, 0, last), pane, logUp, lost);
        }

        Rack scroll(int up) {
            return new Rack(cluster, status, log, selected, pane, Math.clamp(up, 0, Math.max(0, log.size() - 1)), lost);
        }

        Rack show(Pane newPane) {
            return new Rack(cluster, status, log, selected, newPane, logUp, lost);
        }

        boolean running() {
            return status != null && status.run() != null && status.endedAt() == null;
        }
    }
}
