package dev.kindling.tui.screen;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;

/** What the screens want from the world. */
public sealed interface Effect {
    /** Answered by {@link Message.ClustersSeen}. */
    record LoadClusters() implements Effect {}

    /** Answered by {@link Message.WizardReady}. */
    record LoadWizard() implements Effect {}

    /** Answered by {@link Message.Checked}. */
    record Check(Draft draft) implements Effect {}

    /** Answered by {@link Message.Prepared}. */
    record PrepareDemo(boolean simulated) implements Effect {}

    /** Answered by {@link Message.Prepared}. */
    record PrepareResume(String cluster) implements Effect {}

    /** Answered by {@link Message.Saved} or {@link Message.SaveWouldOverwrite}. */
    record Save(String file, String text, boolean overwrite, boolean thenStart) implements Effect {}

    /** Answered by {@link Message.RunStarted} or {@link Message.RunRefused}. */
    record Start(Plan plan, Kindling.ApplyOptions options) implements Effect {}

    /** From now on {@link Message.StatusSeen} and {@link Message.EventsSeen} of this cluster, and of no other. */
    record Follow(String cluster) implements Effect {}

    /** No more of them. */
    record Unfollow() implements Effect {}

    /** The run is asked to stop at the next safe point. */
    record Cancel(String run) implements Effect {}

    /** Answered by {@link Message.LiveSystemSeen} in the live system of a primer medium, else not at all. */
    record LookAround() implements Effect {}

    /** Answered by {@link Message.DisksSeen}. */
    record LoadDisks() implements Effect {}

    /** Erases a disk. Answered by {@link Message.Installing}, and then {@link Message.Installed} or a refusal. */
    record Install(String serial) implements Effect {}

    /** The screens end; {@code farewell} is what the terminal shows afterwards. */
    record Quit(String farewell) implements Effect {}
}
