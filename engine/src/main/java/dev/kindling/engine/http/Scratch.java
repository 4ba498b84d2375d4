package dev.kindling.engine.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file of one request, in a directory of its own that nobody else can read; gone when closed. It is in the workspace,
 * because what is copied there is as large as the state, which the system's directory of temporary files may not hold.
 */
final class Scratch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Scratch.class);
    private static final String PREFIX = ".api-";

    private final Path directory;

    private Scratch(Path directory) {
        this.directory = directory;
    }

    static Scratch in(Path workspace) {
        try {
            return new Scratch(Files.createTempDirectory(workspace, PREFIX,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write into " + workspace, e);
        }
    }

    /** Not made yet. */
    Path file() {
        return directory.resolve("file");
    }

    /** Removes what a server that was killed left behind; only for whom the workspace belongs to. */
    static void tidy(Path workspace) throws IOException {
        try (Stream<Path> left = Files.list(workspace)) {
            left.filter(path -> path.getFileName().toString().startsWith(PREFIX)).filter(Files::isDirectory)
                    .forEach(path -> new Scratch(path).close());
        }
    }

    @Override
    public void close() {
        try (Stream<Path> inside = Files.list(directory)) {
            for (Path file : inside.toList()) {
                Files.delete(file);
            }
            Files.delete(directory);
        } catch (IOException e) {
            LOG.warn("cannot delete {}", directory, e);
        }
    }
}
