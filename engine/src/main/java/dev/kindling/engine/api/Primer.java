package dev.kindling.engine.api;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The primer: the machine from which a cluster is kindled. {@link #make} writes the medium; the rest works in its live
 * system only and installs the primer to a disk.
 */
public interface Primer {
    /**
     * Makes the medium.
     *
     * @throws IOException where something failed; the message says what and what to do
     */
    Made make(Order order, Progress progress) throws IOException;

    /** The live system that this process runs in; empty where it is none. */
    Optional<Live> live() throws IOException;

    /**
     * Checks answers against this machine. Writes nothing.
     *
     * @param source name for messages
     * @param answers text of an answer file
     * @param definition of the cluster that the primer forms; empty: none
     */
    Installation check(String source, String answers, String definition) throws IOException;

    /**
     * Erases the disk and writes everything but what makes it boot: see {@link Written}. Can be started again whenever
     * it was broken off, even by the loss of power: what is on the disk already is read back and not written again.
     *
     * @param installation without problems
     * @throws IOException where it failed: what, and on which device
     */
    Written write(Installation installation, Watcher watcher) throws IOException;

    /** Restarts this machine, or switches it off. */
    void leave(boolean restart) throws IOException;

    /**
     * A disk that holds everything but its partition table. No other process of this machine installs until this is
     * closed; closed without {@link #finish}, the disk boots nothing, and an installation begins with a new key.
     */
    interface Written extends AutoCloseable {
        /** The recovery key, which is kept nowhere; empty where nothing is encrypted, or where it was kept before. */
        Optional<String> recoveryKey();

        /** To be called when the recovery key has been kept: from now on the disk boots. */
        void finish(Watcher watcher) throws IOException;

        @Override
        void close() throws IOException;
    }

    /**
     * What a medium is to be.
     *
     * @param output the ISO; overwritten where it exists
     * @param answers text of the answer file; empty: there is none, the medium asks
     * @param definition text of the cluster that the installed primer forms; empty: the primer asks
     * @param discovery true: the medium only shows what the machine is made of
     * @param report where a discovery medium posts that to, as JSON of {@link Hardware}; empty: nowhere
     * @param packages further Debian packages for the system of the primer
     */
    record Order(Path output, String answers, String definition, boolean discovery, Optional<URI> report,
            List<String> packages) {
        public Order {
            packages = List.copyOf(packages);
        }
    }

    /** Told while something takes long. */
    interface Progress {
        /**
         * It goes on.
         *
         * @param what for people
         * @param done bytes
         * @param total bytes; -1 where unknown
         */
        void at(String what, long done, long total);
    }

    /** Told how an installation goes on. */
    interface Watcher extends Progress {
        /** A step of {@link Installation#steps} begins; the one before it is done. Counted from 0. */
        void begins(int step);
    }

    /** How the making went: problems, or a file. */
    record Made(List<Problem> problems, Path file, long bytes, String id) {
        public Made {
            problems = List.copyOf(problems);
        }
    }

    /**
     * A live system.
     *
     * @param id of its medium
     * @param answers that are embedded in the medium; empty: none
     * @param definition that is embedded in the medium; empty: none
     */
    record Live(String id, String answers, String definition) {}

    /**
     * One step of an installation.
     *
     * @param title for people
     * @param done true: an installation that was cut off did it, so that it is not done again
     */
    record Step(String title, boolean done) {}

    /**
     * What an installation would do.
     *
     * @param problems why it cannot be; empty: it can
     * @param disk that would be erased; null where it is not found
     * @param encryption of the state volume
     * @param done true: this very installation is on the disk already
     * @param holds name of Kindling's installation that is on the disk, which only goes where the answer {@code
     *            replace} names it; empty: there is none
     * @param remark on what is found on the disk, for people; may be empty
     * @param steps in order
     * @param settings what the answers say, by key
     * @param definition of the cluster that the primer forms; empty: none
     */
    record Installation(List<Problem> problems, Hardware.@Nullable Disk disk, Encryption encryption, boolean done,
            String holds, String remark, List<Step> steps, Map<String, String> settings, String definition) {
        public Installation {
            problems = List.copyOf(problems);
            steps = List.copyOf(steps);
            settings = Map.copyOf(settings);
        }

        /** The answer, or what holds where it was not given. */
        public String setting(String key) {
            return settings.getOrDefault(key, "");
        }
    }

    /** How the state volume is protected. */
    enum Encryption {
        /** LUKS2, opened by the TPM; the recovery key opens it too. */
        TPM2,
        /** LUKS2, opened by its recovery key at every start. */
        KEY,
        /** Not at all. */
        NONE
    }
}
