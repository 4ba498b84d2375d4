package dev.kindling.tui.screen;

import dev.kindling.engine.api.Draft;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Primer;

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

    /** Answered by {@link Message.HardwareSeen}. */
    record LoadHardware() implements Effect {}

    /** Answered by {@link Message.InstallChecked}. */
    record CheckInstall(String answers) implements Effect {}

    /**
     * Erases a disk. Answered by {@link Message.InstallStep} and {@link Message.Installing}, and at the end by
     * {@link Message.KeyMade}, {@link Message.Installed} or {@link Message.InstallFailed}.
     */
    record Install(Primer.Installation installation) implements Effect {}

    /** The recovery key was kept. Answered by {@link Message.Installed} or {@link Message.InstallFailed}. */
    record FinishInstall() implements Effect {}

    /** The recovery key was not kept: the disk stays as it is, and does not boot. */
    record GiveUpInstall() implements Effect {}

    /** The machine restarts. */
    record Restart() implements Effect {}

    /** The screens end; {@code farewell} is what the terminal shows afterwards. */
    record Quit(String farewell) implements Effect {}
}
