package dev.kindling.engine.handoff;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.FileSystems;
import org.eclipse.jgit.errors.ConfigInvalidException;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.jspecify.annotations.Nullable;

/**
 * What JGit may know of this computer: no configuration of the user or of the system, so that every computer commits
 * the same way, and nothing is written under the home directory. Left alone, JGit measures the time stamps of the file
 * system for seconds at the first commit and keeps the result there; that result is given to it instead.
 */
final class JGitSystem extends SystemReader {
    private final SystemReader real;

    private JGitSystem(SystemReader real) {
        this.real = real;
    }

    /** JGit has one of these per process. */
    static synchronized void install() {
        if (!(SystemReader.getInstance() instanceof JGitSystem)) {
            SystemReader.setInstance(new JGitSystem(SystemReader.getInstance()));
        }
    }

    /** The configuration of nobody, never read from or written to a file. */
    private static final class Fixed extends FileBasedConfig {
        Fixed(@Nullable Config parent, FS fs) {
            super(parent, null, fs);
            String java = System.getProperty("java.vendor") + '|' + System.getProperty("java.version") + '|';
            for (FileStore store : FileSystems.getDefault().getFileStores()) {
                // The kernel's clock tick is 10 ms at most.
                setString("filesystem", java + store.name(), "timestampResolution", "10 milliseconds");
                setString("filesystem", java + store.name(), "minRacyThreshold", "10 milliseconds");
            }
        }

        @Override
        public void load() throws IOException, ConfigInvalidException {
            // Nothing to load.
        }

        @Override
        public void save() throws IOException {
            // Nothing to keep.
        }

        @Override
        public boolean isOutdated() {
            return false;
        }
    }

    @Override
    public FileBasedConfig openUserConfig(@Nullable Config parent, FS fs) {
        return new Fixed(parent, fs);
    }

    @Override
    public FileBasedConfig openSystemConfig(@Nullable Config parent, FS fs) {
        return new Fixed(parent, fs);
    }

    @Override
    public FileBasedConfig openJGitConfig(@Nullable Config parent, FS fs) {
        return new Fixed(parent, fs);
    }

    @Override
    public String getHostname() {
        return real.getHostname();
    }

    @Override
    public @Nullable String getenv(String variable) {
        String value = real.getenv(variable);
        // Makes JGit use OpenSSH, with the user's keys, agent and known hosts.
        return value == null && variable.equals("GIT_SSH") ? "ssh" : value;
    }

    @Override
    public @Nullable String getProperty(String key) {
        return real.getProperty(key);
    }

    @Override
    @SuppressWarnings("deprecation")
    public long getCurrentTime() {
        return real.now().toEpochMilli();
    }

    @Override
    @SuppressWarnings("deprecation")
    public int getTimezone(long when) {
        return real.getTimezone(when);
    }
}
