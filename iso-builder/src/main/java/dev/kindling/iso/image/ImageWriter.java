package dev.kindling.iso.image;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Writes a content to a file: aside, to the disk, then under its name. Whatever goes wrong on the way, there is either
 * the whole file or what was there before.
 */
public final class ImageWriter {
    /** Large enough that a call costs nothing beside its copying, small enough for the processor's cache. */
    private static final int CHUNK = 1 << 20;
    /** Enough that the disk always has work while others read; more gain nothing. */
    private static final int WORKERS = 4;

    private ImageWriter() {}

    /**
     * Writes the whole content.
     *
     * @param progress hears the number of bytes written so far, from any thread, one at a time
     * @throws IOException with what was being done; nothing is left behind then
     */
    public static void write(Content content, Path output, LongConsumer progress) throws IOException {
        // a link stays one: what it leads to is replaced
        Path target = Files.exists(output) ? output.toRealPath() : output.toAbsolutePath();
        if (Files.isDirectory(target)) {
            throw new IOException(output + " is a directory");
        }
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            // put in place by its name, an image would take the name of the device
            throw new IOException(output + " is no regular file; an image is put onto a drive by: kindling iso write");
        }
        Path directory = target.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IOException("the directory of " + output + " does not exist");
        }
        Path aside = directory.resolve("." + target.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        // A user who presses Ctrl-C wants the half-written file away, too.
        Thread cleaner = new Thread(() -> delete(aside), "remove-half-written");
        Runtime.getRuntime().addShutdownHook(cleaner);
        try {
            fill(content, aside, output, progress);
            move(aside, target);
            sync(directory);
        } finally {
            delete(aside);
            forget(cleaner);
        }
    }

    private static void fill(Content content, Path aside, Path output, LongConsumer progress) throws IOException {
        try (DiskFile file = DiskFile.create(aside, content)) {
            copy(content, file, progress);
            file.finish();
        } catch (IOException e) {
            if (isFull(e)) {
                throw new IOException("no room for " + output + ": it needs " + content.size() + " bytes, and "
                        + aside.getParent() + " has " + Files.getFileStore(aside.getParent()).getUsableSpace()
                        + " left", e);
            }
            throw e;
        }
    }

    private static boolean isFull(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("No space left") || message.contains("not enough space")
                || message.contains("quota exceeded");
    }

    /** Gives every piece of some ranges to one writer. */
    private static final class Pieces {
        private final Iterator<DiskFile.Range> ranges;
        private DiskFile.Range left = new DiskFile.Range(0, 0);

        Pieces(List<DiskFile.Range> ranges) {
            this.ranges = ranges.iterator();
        }

        synchronized Optional<DiskFile.Range> next() {
            if (left.bytes() == 0) {
                if (!ranges.hasNext()) {
                    return Optional.empty();
                }
                left = ranges.next();
            }
            DiskFile.Range piece = new DiskFile.Range(left.from(), Math.min(left.from() + CHUNK, left.to()));
            left = new DiskFile.Range(piece.to(), left.to());
            return Optional.of(piece);
        }
    }

    private static void copy(Content content, DiskFile file, LongConsumer progress) throws IOException {
        Pieces pieces = new Pieces(file.missing());
        AtomicLong done = new AtomicLong(
                content.size() - file.missing().stream().mapToLong(DiskFile.Range::bytes).sum());
        AtomicBoolean stop = new AtomicBoolean();
        try (ExecutorService workers = Executors.newFixedThreadPool(WORKERS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                running.add(workers.submit(() -> {
                    ByteBuffer buffer = file.buffer(CHUNK);
                    try {
                        for (Optional<DiskFile.Range> piece = pieces.next(); piece.isPresent()
                                && !stop.get(); piece = pieces.next()) {
                            long at = piece.get().from();
                            buffer.clear().limit((int) piece.get().bytes());
                            content.readFully(at, buffer);
                            int length = buffer.position();
                            buffer.limit(buffer.capacity());
                            file.write(at, buffer);
                            synchronized (done) {
                                progress.accept(done.addAndGet(length));
                            }
                        }
                    } catch (IOException | RuntimeException | Error e) {
                        // not at a writer's good end: another may just have taken its last chunk
                        stop.set(true);
                        throw e;
                    }
                    return null;
                }));
            }
            for (Future<?> each : running) {
                await(each, stop);
            }
        }
        if (done.get() != content.size()) {
            throw new IllegalStateException(done + " of " + content.size() + " bytes were written");
        }
    }

    private static void await(Future<?> worker, AtomicBoolean stop) throws IOException {
        try {
            worker.get();
        } catch (InterruptedException e) {
            stop.set(true);
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("writing was cancelled").initCause(e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException io -> throw io;
                case RuntimeException bug -> throw bug;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    private static void move(Path aside, Path target) throws IOException {
        try {
            Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(aside, target, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** The new name, too, survives a power cut. Not every system lets a directory be opened. */
    private static void sync(Path directory) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // the content is safe already; the name is when the system writes its journal
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // the failure that led here is the one to report
        }
    }

    private static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // the shutdown is under way, and the hook runs
        }
    }
}
