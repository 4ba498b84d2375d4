package dev.kindling.engine.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that is there with all of its content, for its owner only, or not at all. */
public final class NewFile {
    private NewFile() {}

    /** Makes what is in it. */
    public interface Content {
        /** Makes a file that is not there yet. */
        void write(Path aside) throws IOException;
    }

    /**
     * Written aside, synced, and only then given its name.
     *
     * @throws FileAlreadyExistsException where it exists; it stays as it is
     */
    public static void make(Path file, Content content) throws IOException {
        Path target = file.toAbsolutePath();
        Path directory = target.getParent();
        if (directory == null || Files.exists(target)) {
            throw new FileAlreadyExistsException(file.toString(), null, "it exists; choose another name");
        }
        // a directory, because SQLite puts files of its own beside the one that it writes
        Path aside = Files.createTempDirectory(directory, "." + target.getFileName() + ".");
        Path inside = aside.resolve("new");
        try {
            content.write(inside);
            sync(inside, StandardOpenOption.WRITE);
            // Unlike a rename, a link never replaces.
            Files.createLink(target, inside);
        } finally {
            Files.deleteIfExists(inside);
            for (String more : new String[]{"-journal", "-wal", "-shm"}) {
                Files.deleteIfExists(aside.resolve("new" + more));
            }
            Files.delete(aside);
        }
        sync(directory, StandardOpenOption.READ);
    }

    private static void sync(Path file, StandardOpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(file, how)) {
            channel.force(true);
        }
    }
}
