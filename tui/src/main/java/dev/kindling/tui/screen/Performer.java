package dev.kindling.tui.screen;

import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Hardware;
import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.api.Plan;
import dev.kindling.engine.api.Primer;
import dev.kindling.engine.api.Validation;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Does what the screens want, with the engine and the file system, and tells what came of it. */
public final class Performer implements AutoCloseable {
    private static final int DEMO_MACHINES = 3;
    private final Kindling kindling;
    private final Primer primer;
    private final Path directory;
    private final Executor executor;
    private final Consumer<Message> messages;
    private final Set<String> reading = ConcurrentHashMap.newKeySet();
    /** How often it was asked whom to follow: threads do not come in that order, and the last one has its way. */
    private final AtomicLong asked = new AtomicLong();
    private Kindling.@Nullable Subscription following;
    private Primer.@Nullable Written written;

    /**
     * A performer.
     *
     * @param directory that file names are resolved against
     * @param executor for what can take time
     * @param messages called from any thread
     */
    public Performer(Kindling kindling, Primer primer, Path directory, Executor executor, Consumer<Message> messages) {
        this.kindling = kindling;
        this.primer = primer;
        this.directory = directory;
        this.executor = executor;
        this.messages = messages;
    }

    /** Returns at once. {@link Effect.Quit} is for the caller. */
    public void perform(Effect effect) {
        long turn = effect instanceof Effect.Follow || effect instanceof Effect.Unfollow
                ? asked.incrementAndGet()
                : asked.get();
        executor.execute(() -> {
            try {
                now(effect, turn);
            } catch (RuntimeException e) {
                // The edge of the screens: the user sees it, and goes on.
                org.slf4j.LoggerFactory.getLogger(Performer.class).error("{}", effect.getClass().getSimpleName(), e);
                messages.accept(new Message.Failed(String.valueOf(e.getMessage())));
            }
        });
    }

    private void now(Effect effect, long turn) {
        switch (effect) {
            case Effect.LoadClusters _ -> messages.accept(new Message.ClustersSeen(kindling.clusters()));
            case Effect.LoadWizard _ -> messages.accept(new Message.WizardReady(kindling.defaults(),
                    kindling.hardware().nics().stream().map(Hardware.Nic::name).toList(), candidates()));
            case Effect.Check check -> {
                Validation validation = kindling.validate(check.draft().name() + ".yaml",
                        kindling.compose(check.draft()));
                messages.accept(new Message.Checked(check.draft(), validation, plan(validation)));
            }
            case Effect.PrepareDemo demo -> {
                Validation validation = kindling.validate("demo.yaml", kindling.demo(demo.simulated(), DEMO_MACHINES));
                messages.accept(new Message.Prepared(validation, plan(validation)));
            }
            case Effect.PrepareResume resume -> kindling.definition(resume.cluster()).ifPresentOrElse(
                    validation -> messages.accept(new Message.Prepared(validation, plan(validation))),
                    () -> messages.accept(new Message.Failed("Cluster " + resume.cluster() + " has no definition.")));
            case Effect.Save save -> save(save);
            case Effect.Start start -> {
                Kindling.Started started = kindling.apply(start.plan(), start.options());
                messages.accept(started.run().isPresent()
                        ? new Message.RunStarted(start.plan().cluster().name())
                        : new Message.RunRefused(started.problems()));
            }
            case Effect.Follow follow -> follow(follow.cluster(), turn);
            case Effect.Unfollow _ -> unfollow(turn);
            case Effect.Cancel cancel -> kindling.cancel(cancel.run());
            case Effect.LookAround _ -> lookAround();
            case Effect.LoadHardware _ -> messages.accept(new Message.HardwareSeen(kindling.hardware()));
            case Effect.CheckInstall check -> installing(
                    () -> messages.accept(new Message.InstallChecked(primer.check("these answers", check.answers(),
                            primer.live().map(Primer.Live::definition).orElse("")))));
            case Effect.Install install -> installing(() -> install(install.installation()));
            case Effect.FinishInstall _ -> installing(this::finishInstall);
            case Effect.GiveUpInstall _ -> installing(this::closeWritten);
            case Effect.Restart _ -> installing(() -> primer.leave(true));
            case Effect.Quit _ -> throw new IllegalArgumentException("leaving is up to the caller");
        }
    }

    private void lookAround() {
        try {
            if (primer.live().isPresent()) {
                messages.accept(new Message.LiveSystemSeen());
            }
        } catch (IOException e) {
            messages.accept(new Message.Failed(String.valueOf(e.getMessage())));
        }
    }

    /** Something about an installation that can fail. */
    private interface Act {
        void perform() throws IOException;
    }

    private void installing(Act act) {
        try {
            act.perform();
        } catch (IOException e) {
            messages.accept(new Message.InstallFailed(String.valueOf(e.getMessage())));
        }
    }

    /** One disk at a time: the engine keeps other consoles of this machine away until it is closed. */
    private synchronized void install(Primer.Installation installation) throws IOException {
        Primer.Written now = primer.write(installation, new InstallWatcher());
        written = now;
        now.recoveryKey().ifPresentOrElse(key -> messages.accept(new Message.KeyMade(key)),
                () -> installing(this::finishInstall));
    }

    private synchronized void finishInstall() throws IOException {
        Primer.Written now = written;
        if (now != null) {
            try {
                now.finish(new InstallWatcher());
            } finally {
                closeWritten();
            }
            messages.accept(new Message.Installed());
        }
    }

    private synchronized void closeWritten() throws IOException {
        Primer.Written now = written;
        written = null;
        if (now != null) {
            now.close();
        }
    }

    /** Tells what is not on the screen yet. */
    private final class InstallWatcher implements Primer.Watcher {
        private String last = "";

        @Override
        public void begins(int step) {
            messages.accept(new Message.InstallStep(step));
        }

        @Override
        public void at(String what, long done, long total) {
            int percent = total > 0 ? (int) (done * 100 / total) : -1;
            if (!last.equals(what + percent)) {
                last = what + percent;
                messages.accept(new Message.Installing(what, percent));
            }
        }
    }

    private @Nullable Plan plan(Validation validation) {
        return validation.ok() ? kindling.plan(validation) : null;
    }

    private void save(Effect.Save save) {
        Path file = directory.resolve(save.file());
        try {
            if (save.overwrite()) {
                Files.writeString(file, save.text());
            } else {
                Files.writeString(file, save.text(), StandardOpenOption.CREATE_NEW);
            }
            messages.accept(new Message.Saved(save.file(), save.text(), save.thenStart()));
        } catch (FileAlreadyExistsException e) {
            messages.accept(new Message.SaveWouldOverwrite(save.file(), save.thenStart()));
        } catch (IOException e) {
            messages.accept(new Message.Failed("Cannot write " + file + ": " + e.getMessage()));
        }
    }

    private synchronized void follow(String cluster, long turn) {
        if (turn != asked.get()) {
            return;
        }
        endFollowing();
        readStatus(cluster);
        following = kindling.events(cluster, 0,
                recorded -> messages.accept(new Message.EventsSeen(cluster, List.<Event.Recorded>of(recorded))));
    }

    private synchronized void unfollow(long turn) {
        if (turn == asked.get()) {
            endFollowing();
        }
    }

    private void endFollowing() {
        Kindling.Subscription subscription = following;
        if (subscription != null) {
            following = null;
            subscription.close();
        }
    }

    /**
     * Reads the status of a cluster again; to be called after events, and not more often than the eye sees.
     *
     * @return false: it is being read already, so that what happened last may be missed
     */
    public boolean refresh(String cluster) {
        if (!reading.add(cluster)) {
            return false;
        }
        executor.execute(() -> {
            try {
                readStatus(cluster);
            } catch (ConnectionFailed e) {
                messages.accept(new Message.OutOfReach(cluster, e.problem().message()));
            } finally {
                reading.remove(cluster);
            }
        });
        return true;
    }

    private void readStatus(String cluster) {
        kindling.status(cluster).ifPresent(status -> messages.accept(new Message.StatusSeen(status)));
    }

    /** Machines that nobody knows, and what the known ones are made of. */
    private List<Message.Candidate> candidates() {
        List<Message.Candidate> candidates = new ArrayList<>();
        for (ClusterStatus status : kindling.clusters()) {
            for (ClusterStatus.UnknownMachine machine : status.unknown()) {
                candidates.add(new Message.Candidate(
                        machine.mac() + "  unknown, " + machine.firmware() + ", asked cluster " + status.name(),
                        machine.mac().value(), "", firmware(machine.firmware())));
            }
            for (ClusterStatus.MachineStatus machine : status.machines()) {
                Hardware hardware = machine.hardware();
                if (hardware == null) {
                    continue;
                }
                for (Hardware.Disk disk : hardware.disks()) {
                    if (!disk.serial().isEmpty()) {
                        candidates.add(new Message.Candidate(
                                machine.mac() + "  " + machine.name() + ", disk " + disk.serial() + " "
                                        + dev.kindling.tui.text.Text.bytes(disk.bytes()),
                                machine.mac().value(), disk.serial(), hardware.firmware()));
                    }
                }
            }
        }
        return candidates;
    }

    private static String firmware(String told) {
        String lower = told.toLowerCase(java.util.Locale.ROOT);
        return lower.contains("uefi") ? "uefi" : lower.contains("bios") ? "bios" : "";
    }

    @Override
    public void close() {
        unfollow(asked.incrementAndGet());
        installing(this::closeWritten);
    }
}
