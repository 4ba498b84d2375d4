package dev.kindling.tui.screen;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Problem;
import dev.kindling.engine.api.Validation;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Everything that can happen to the screens. */
public sealed interface Message {
    /** A key was pressed. */
    record Pressed(Key key) implements Message {}

    /** The terminal has another size. */
    record Resized(Size size) implements Message {}

    /** Time went on. */
    record Ticked(Instant now) implements Message {}

    /** The clusters of the workspace were read. */
    record ClustersSeen(List<ClusterStatus> clusters) implements Message {
        public ClustersSeen {
            clusters = List.copyOf(clusters);
        }
    }

    /**
     * What a wizard starts from was read.
     *
     * @param interfaces names of this computer's network ports
     * @param candidates machines that were seen and can be picked
     */
    record WizardReady(Draft draft, List<String> interfaces, List<Candidate> candidates) implements Message {
        public WizardReady {
            interfaces = List.copyOf(interfaces);
            candidates = List.copyOf(candidates);
        }
    }

    /**
     * A wizard's answers were checked.
     *
     * @param plan null where there are errors
     */
    record Checked(Draft draft, Validation validation, @Nullable Plan plan) implements Message {}

    /** The plan of a demonstration or of a cluster that exists was made. */
    record Prepared(Validation validation, @Nullable Plan plan) implements Message {}

    /** A definition was written. {@code thenStart}: because the user wants to start it. */
    record Saved(String file, String text, boolean thenStart) implements Message {}

    /** A definition was not written, because the file exists. */
    record SaveWouldOverwrite(String file, boolean thenStart) implements Message {}

    /** A run began. */
    record RunStarted(String cluster) implements Message {}

    /** No run began. */
    record RunRefused(List<Problem> problems) implements Message {
        public RunRefused {
            problems = List.copyOf(problems);
        }
    }

    /** The status of the cluster on the screen. */
    record StatusSeen(ClusterStatus status) implements Message {}

    /** Events of the cluster on the screen, in order. */
    record EventsSeen(String cluster, List<Event.Recorded> events) implements Message {
        public EventsSeen {
            events = List.copyOf(events);
        }
    }

    /** This is the live system of a primer medium. */
    record LiveSystemSeen() implements Message {}

    /** What this machine is made of, for an installation. */
    record HardwareSeen(Hardware hardware) implements Message {}

    /** What came of something that the screen of an installation asked for. */
    sealed interface OfInstall extends Message {}

    /** Answers of an installation were checked against this machine. */
    record InstallChecked(Primer.Installation installation) implements OfInstall {}

    /** A step of the installation begins. */
    record InstallStep(int step) implements OfInstall {}

    /** The installation goes on. {@code percent}: negative where unknown. */
    record Installing(String what, int percent) implements OfInstall {}

    /** Everything is on the disk; it boots when this recovery key was kept. */
    record KeyMade(String recoveryKey) implements OfInstall {
        @Override
        public String toString() {
            return "KeyMade[***]";
        }
    }

    /** The primer is on the disk. */
    record Installed() implements OfInstall {}

    /** The installation ended before it was done. */
    record InstallFailed(String why) implements OfInstall {}

    /** The status of a cluster could not be read, because the server does not answer; it is tried again. */
    record OutOfReach(String cluster, String why) implements Message {}

    /** Something did not work. */
    record Failed(String what) implements Message {}

    /**
     * A machine that asked to boot, or that told its hardware: what can be taken over into a definition.
     *
     * @param label for the list
     * @param diskSerial empty where unknown
     * @param firmware {@code bios}, {@code uefi} or empty
     */
    record Candidate(String label, String mac, String diskSerial, String firmware) {}
}
