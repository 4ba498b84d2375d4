package dev.kindling.engine.machine.simulated;

import dev.kindling.engine.machine.RackFiles;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The disk of a simulated machine: what is remembered of it when the power fails. Kept in a file, so that it survives
 * the engine's death like a real disk.
 */
final class SimulatedDisk {
    /** Of which the file's is held while it is replaced: two engines of one process may simulate the same machine. */
    private static final List<Object> SAVING = Stream.generate(Object::new).limit(64).toList();

    private final Path file;
    private final Properties content = new Properties();

    SimulatedDisk(Path file) throws IOException {
        this.file = file;
        load();
    }

    private void load() throws IOException {
        if (Files.exists(file)) {
            content.clear();
            try (Reader reader = Files.newBufferedReader(file)) {
                content.load(reader);
            }
        }
    }

    /** The order whose mark the disk carried when it was last looked at; empty: none. */
    String marker() {
        return content.getProperty("marker", "");
    }

    /** How often a system was written to it, from the first piece to the mark. */
    int writes() {
        return Integer.parseInt(content.getProperty("writes", "0"));
    }

    String get(String key) {
        return content.getProperty(key, "");
    }

    /**
     * The first effect of an installation: what was on the disk is gone.
     *
     * @return false where the disk carries the order's mark: nothing is to be done. Looked up on the disk itself, as a
     *         machine does: when an engine was paused and another one took its cluster over, both simulate the machine
     */
    boolean begin(String order) throws IOException {
        load();
        if (marker().equals(order)) {
            return false;
        }
        content.remove("marker");
        content.remove("config");
        save();
        return true;
    }

    void written(String order, String seed) throws IOException {
        load();
        if (marker().equals(order)) {
            return;
        }
        content.setProperty("seed", seed);
        content.setProperty("marker", order);
        content.setProperty("writes", Integer.toString(writes() + 1));
        save();
    }

    void put(String key, String value) throws IOException {
        content.setProperty(key, value);
        save();
    }

    private void save() throws IOException {
        synchronized (SAVING.get(Math.floorMod(file.toAbsolutePath().hashCode(), SAVING.size()))) {
            Path aside = RackFiles.aside(file);
            try (Writer writer = Files.newBufferedWriter(aside)) {
                content.store(writer, null);
            }
            try (FileChannel channel = FileChannel.open(aside, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
