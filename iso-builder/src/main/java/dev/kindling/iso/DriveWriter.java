package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** Writes an image to a drive and reads it back. Which drive may be written is decided here, in one place. */
public final class DriveWriter {
    private static final int CHUNK = 4 << 20;

    private DriveWriter() {}

    /**
     * Why a drive must not be written; empty where it may.
     *
     * @param serial that the user gave for just this drive: lets an internal drive be written, never the system's own
     */
    public static Optional<String> refusal(Drives.Drive drive, long imageBytes, Optional<String> serial) {
        if (drive.inUseBySystem()) {
            return Optional.of(drive.device() + " is in use by this system: " + String.join(", ", drive.usedFor()));
        }
        if (!drive.usedFor().isEmpty()) {
            return Optional.of(drive.device() + " is mounted at " + String.join(", ", drive.usedFor())
                    + ": unmount it first");
        }
        if (serial.isPresent() && !serial.get().equals(drive.identity())) {
            return Optional
                    .of(drive.device() + " has the serial '" + drive.identity() + "', not '" + serial.get() + "'");
        }
        if (!drive.removable() && (serial.isEmpty() || drive.serial().isEmpty())) {
            return Optional.of(drive.device() + " is an internal drive (" + drive.model()
                    + "): to write it nevertheless, name its serial with --yes-erase");
        }
        if (drive.readOnly()) {
            return Optional.of(drive.device() + " is read-only");
        }
        return drive.bytes() < imageBytes
                ? Optional.of(String.format(Locale.ROOT, "%s has %d bytes, the image %d", drive.device(), drive.bytes(),
                        imageBytes))
                : Optional.empty();
    }

    /**
     * Writes, then reads back and compares. Interrupting the thread cancels; the drive is no good then.
     *
     * @param device a block device, or a file of the drive's size
     * @param writing hears of the first half, the writing
     * @param verifying hears of the second half
     */
    public static void write(Content image, Path device, Consumer<IsoEvent.Progressed> writing,
            Consumer<IsoEvent.Progressed> verifying) throws IOException {
        if (Files.isRegularFile(device)) {
            fillAll(image, device, writing);
            verify(image, device, verifying);
            return;
        }
        try (DriveClaim claim = new DriveClaim(device)) {
            fillAll(image, device, writing);
            // What is compared comes from the drive, not from memory.
            claim.forgetCache();
            verify(image, device, verifying);
        }
    }

    private static void fillAll(Content image, Path device, Consumer<IsoEvent.Progressed> writing) throws IOException {
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                throw new IOException(device + " is being written by another program");
            }
            ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
            // The start last: a drive that was pulled out half-way boots nothing, and shows no file system.
            for (long at = CHUNK; at < image.size(); at += buffer.limit()) {
                fill(image, at, buffer);
                put(channel, at, buffer);
                writing.accept(new IsoEvent.Progressed(at, image.size()));
            }
            channel.force(true);
            fill(image, 0, buffer);
            put(channel, 0, buffer);
            channel.force(true);
            writing.accept(new IsoEvent.Progressed(image.size(), image.size()));
        }
    }

    private static void fill(Content image, long at, ByteBuffer buffer) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException("writing was cancelled at byte " + at + ": the drive does not boot");
        }
        buffer.clear().limit((int) Math.min(buffer.capacity(), image.size() - at));
        image.readFully(at, buffer);
        buffer.flip();
    }

    private static void put(FileChannel channel, long at, ByteBuffer buffer) throws IOException {
        long to = at;
        int limit = buffer.limit();
        while (buffer.hasRemaining()) {
            to += channel.write(buffer, to);
        }
        buffer.limit(limit);
    }

    private static void verify(Content image, Path device, Consumer<IsoEvent.Progressed> progress) throws IOException {
        ByteBuffer wanted = ByteBuffer.allocate(CHUNK);
        ByteBuffer found = ByteBuffer.allocateDirect(CHUNK);
        try (FileChannel channel = FileChannel.open(device, StandardOpenOption.READ)) {
            for (long at = 0; at < image.size(); at += wanted.limit()) {
                fill(image, at, wanted);
                found.clear().limit(wanted.limit());
                while (found.hasRemaining() && channel.read(found, at + found.position()) > 0) {
                    // until it is full
                }
                int difference = found.flip().mismatch(wanted);
                if (difference >= 0) {
                    throw new IOException("the drive gives back something else at byte " + (at + difference)
                            + ": it is broken, or smaller than it says");
                }
                progress.accept(new IsoEvent.Progressed(at + wanted.limit(), image.size()));
            }
        }
    }
}
