package dev.kindling.engine.http;

import dev.kindling.engine.store.NewFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** A backup on its way: a ZIP file of the state and of the sealed secrets, which in a directory are two files. */
final class Archive {
    static final String ZIP = "application/zip";
    private static final String STATE = "state.db";
    private static final String SECRETS = "secrets";

    private Archive() {}

    private static Path secretsOf(Path backup) {
        return backup.resolveSibling(backup.getFileName() + "." + SECRETS);
    }

    /** Packs a backup that the engine wrote. */
    static void write(Path archive, Path backup) {
        try (var out = new ZipOutputStream(new BufferedOutputStream(
                Files.newOutputStream(archive, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)))) {
            // nearly all of the time would go into the last few percent
            out.setLevel(java.util.zip.Deflater.BEST_SPEED);
            out.putNextEntry(new ZipEntry(STATE));
            Files.copy(backup, out);
            if (Files.exists(secretsOf(backup))) {
                out.putNextEntry(new ZipEntry(SECRETS));
                Files.copy(secretsOf(backup), out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot pack the backup", e);
        }
    }

    /**
     * Unpacks it into the files that the engine would have written; neither may exist.
     *
     * @throws java.nio.file.FileAlreadyExistsException where one does
     * @throws IOException where the stream is cut off or damaged; then neither is there
     */
    static void read(InputStream archive, Path backup) throws IOException {
        boolean state = false;
        try (var in = new ZipInputStream(archive)) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                // no name of the archive becomes one of this computer
                switch (entry.getName()) {
                    case STATE -> {
                        NewFile.make(backup, aside -> copy(in, aside));
                        state = true;
                    }
                    case SECRETS -> NewFile.make(secretsOf(backup), aside -> copy(in, aside));
                    default -> throw new IOException("the server's backup holds " + entry.getName());
                }
            }
            if (!state) {
                throw new IOException("the server's answer is no backup");
            }
        } catch (IOException e) {
            if (state) {
                Files.deleteIfExists(backup);
            }
            throw e;
        }
    }

    private static void copy(InputStream in, Path file) throws IOException {
        Files.createFile(file, java.nio.file.attribute.PosixFilePermissions
                .asFileAttribute(java.nio.file.attribute.PosixFilePermissions.fromString("rw-------")));
        try (var out = Files.newOutputStream(file)) {
            in.transferTo(out);
        }
    }
}
