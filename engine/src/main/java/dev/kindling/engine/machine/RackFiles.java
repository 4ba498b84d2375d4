package dev.kindling.engine.machine;

import dev.kindling.engine.api.Event;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The files of a rack on this computer. Each is in the journal before it exists, so that it can be removed one day. */
public final class RackFiles {
    private final Path directory;
    private final Consumer<Event> journal;

    /** @param journal writes an event durably before it returns */
    public RackFiles(Path directory, Consumer<Event> journal) {
        this.directory = directory;
        this.journal = journal;
    }

    /** Makes the directory. */
    public void prepare() throws IOException {
        if (!Files.exists(directory)) {
            journal.accept(new Event.ResourceCreated("directory", directory.toString(), "made " + directory));
            Files.createDirectories(directory);
        }
    }

    /**
     * Says that a file is about to be made.
     *
     * @param what such as "the empty disk"
     * @return false where it is there
     */
    public boolean claim(Path file, String what) {
        if (Files.exists(file)) {
            return false;
        }
        journal.accept(new Event.ResourceCreated("file", file.toString(), "made " + what + " " + file));
        return true;
    }

    /** Where a file is written before it takes the place of the old one; removed with it. */
    public static Path aside(Path file) {
        return file.resolveSibling(file.getFileName() + ".new");
    }
}
