package dev.kindling.tui.pxe;

import dev.kindling.pxe.standalone.Reservations;
import dev.kindling.pxe.standalone.RootDirectory;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Keeps the reservations of a running service as its file says; a file that is wrong changes nothing. */
final class ReservationsWatch implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(500);
    private final Path file;
    private final RootDirectory source;
    private final Consumer<String> notes;
    private final Thread thread;
    private String stamp;
    private String last;

    private ReservationsWatch(Path file, RootDirectory source, Consumer<String> notes, String stamp) {
        this.file = file;
        this.source = source;
        this.notes = notes;
        this.stamp = stamp;
        this.last = stamp;
        this.thread = Thread.ofVirtual().name("reservations").unstarted(this::watch);
    }

    /**
     * Reads the file, and goes on watching it.
     *
     * @param notes told when it was read again, or why not
     * @throws IOException if it cannot be read, or something is wrong with it: the message has all of that
     */
    static ReservationsWatch start(Path file, RootDirectory source, Consumer<String> notes) throws IOException {
        var watch = of(file, source, notes);
        watch.thread.start();
        return watch;
    }

    /** One that looks when it is told to. */
    static ReservationsWatch of(Path file, RootDirectory source, Consumer<String> notes) throws IOException {
        String stamp = stamp(file);
        source.reserve(read(file));
        return new ReservationsWatch(file, source, notes, stamp);
    }

    private static Reservations read(Path file) throws IOException {
        ReservationsFile.Read read;
        try {
            read = ReservationsFile.read(Files.readString(file));
        } catch (NoSuchFileException e) {
            throw new IOException("there is no file " + file, e);
        } catch (MalformedInputException e) {
            throw new IOException(file + " is not text in UTF-8", e);
        }
        List<String> problems = read.problems();
        if (!problems.isEmpty()) {
            throw new IOException(String.join("\n", problems.stream().map(each -> file + ":" + each).toList()));
        }
        return read.reservations();
    }

    /** Reads it now, whether it has changed or not. */
    synchronized void reload() {
        stamp = stamp(file);
        try {
            Reservations read = read(file);
            source.reserve(read);
            notes.accept("reservations read again: %d machines".formatted(read.all().size()));
        } catch (IOException e) {
            notes.accept("reservations NOT read again, the old ones stay: " + e.getMessage());
        }
    }

    private void watch() {
        try {
            while (true) {
                Thread.sleep(LOOK);
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A file that is being written is not read before it is the same at two looks: half of it would be valid, too. */
    synchronized void look() {
        String now = stamp(file);
        if (!now.equals(stamp) && now.equals(last)) {
            reload();
        }
        last = now;
    }

    /** Editors put a new file in the place of the old one: the inode counts too. */
    private static String stamp(Path file) {
        try {
            var all = Files.readAttributes(file, "unix:lastModifiedTime,size,ino");
            return all.get("lastModifiedTime") + " " + all.get("size") + " " + all.get("ino");
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
