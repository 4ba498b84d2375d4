package dev.kindling.tui.cli;

import dev.kindling.engine.api.ConnectionFailed;
import dev.kindling.tui.text.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;

/** A file that the user names for what a command makes: it is there whole, or as it was before. */
final class OutputFile {
    /** What becomes of a file that is there already. */
    enum Existing {
        KEPT,
        REPLACED
    }

    /** Makes the content in a file that is not there yet, or is a device. */
    interface Content {
        void write(Path file) throws IOException;
    }

    private OutputFile() {}

    /** Text, readable as the user's other files are. */
    static Path write(Cli cli, String name, String text, Existing existing) {
        return make(cli, name, existing, file -> Files.writeString(file, text));
    }

    /**
     * Makes the file aside and then gives it its name. A device, such as /dev/stdout, is written as it is.
     *
     * @return its path
     */
    static Path make(Cli cli, String name, Existing existing, Content content) {
        Path target = cli.world().directory().resolve(name);
        if (existing == Existing.KEPT && Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw Refusal.badUse(name + " exists already", "give another name, or --force to overwrite it");
        }
        try {
            if (Files.isDirectory(target)) {
                throw new IOException("it is a directory");
            }
            if (Files.exists(target) && !Files.isRegularFile(target)) {
                content.write(target);
            } else {
                replace(Files.exists(target) ? target.toRealPath() : target.toAbsolutePath(), content);
            }
            return target;
        } catch (ConnectionFailed e) {
            throw e; // nothing is wrong with the file
        } catch (UncheckedIOException e) {
            throw cannotWrite(name, Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw cannotWrite(name, e);
        }
    }

    private static void replace(Path target, Content content) throws IOException {
        Path directory = target.resolveSibling(".").normalize();
        if (!Files.isDirectory(directory)) {
            throw new NoSuchFileException(directory.toString(), null, "there is no directory " + directory);
        }
        Path aside = target
                .resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            content.write(aside);
            if (Files.exists(target)) {
                Files.setPosixFilePermissions(aside, Files.getPosixFilePermissions(target));
            }
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    /** What to say where it could not be made. */
    static Refusal cannotWrite(String name, IOException e) {
        return Refusal.failed("cannot write " + name + ": " + Reason.withoutFile(e),
                "name a file in a directory that you may write to, on a disk with room");
    }
}
