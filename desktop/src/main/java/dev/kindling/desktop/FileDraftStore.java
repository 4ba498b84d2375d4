package dev.kindling.desktop;

import dev.kindling.desktop.vm.DraftStore;
import dev.kindling.desktop.vm.Drafts;
import dev.kindling.engine.api.Draft;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;

/** Unfinished answers in a file of the workspace. */
final class FileDraftStore implements DraftStore {
    private final Path file;

    FileDraftStore(Path file) {
        this.file = file;
    }

    @Override
    public synchronized Optional<Draft> load() {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the kept answers in " + file, e);
        }
        return Optional.of(Drafts.fromProperties(properties));
    }

    @Override
    public synchronized void save(Draft draft) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (Writer writer = Files.newBufferedWriter(part)) {
                Drafts.toProperties(draft).store(writer,
                        "Answers of the Kindling wizard, kept until they become a run");
            }
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot keep the answers in " + file, e);
        }
    }

    @Override
    public synchronized void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot remove the kept answers in " + file, e);
        }
    }
}
