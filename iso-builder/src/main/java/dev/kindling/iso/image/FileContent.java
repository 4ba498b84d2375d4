package dev.kindling.iso.image;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** A file as it was when it was measured. */
final class FileContent implements Content {
    /** Its name is kept apart: trees have many files and few directories. */
    private final Path directory;
    private final String name;
    private final long size;
    private final long modified;

    /** @param modified milliseconds since 1970 */
    FileContent(Path directory, String name, long size, long modified) {
        this.directory = directory;
        this.name = name;
        this.size = size;
        this.modified = modified;
    }

    private Path path() {
        return directory.resolve(name);
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int read(long position, ByteBuffer target) throws IOException {
        if (position >= size) {
            return target.hasRemaining() ? -1 : 0;
        }
        if (target.isDirect() && target.hasRemaining() && LinuxFiles.calls().isPresent()) {
            int length = LinuxFiles.calls().get().read(directory + "/" + name, position, target, size, modified);
            if (length > 0) {
                return length;
            }
        }
        try (FileChannel channel = open()) {
            int length = channel.read(target, position);
            if (length < 0) {
                throw changed("it ends at byte " + channel.size());
            }
            unchanged();
            return length;
        }
    }

    /** {@link FileChannel#transferTo} lets the kernel copy, where the target is a file or a socket. */
    @Override
    public void transferTo(long position, long count, WritableByteChannel target) throws IOException {
        if (position < 0 || count > size - position) {
            throw new EOFException(count + " bytes at " + position + " are not within " + path() + " (" + size + ")");
        }
        try (FileChannel channel = open()) {
            for (long done = 0; done < count;) {
                long length = channel.transferTo(position + done, count - done, target);
                if (length <= 0) {
                    throw changed("it ends at byte " + channel.size());
                }
                done += length;
            }
        }
        unchanged();
    }

    @Override
    public List<FilePart> fileParts(long position, long count, long least) {
        return count < least ? List.of() : List.of(new FilePart(position, count, path(), position, size, modified));
    }

    private FileChannel open() throws IOException {
        FileChannel channel = FileChannel.open(path(), StandardOpenOption.READ);
        if (channel.size() != size) {
            try (channel) {
                throw changed("it has " + channel.size() + " bytes now");
            }
        }
        return channel;
    }

    /** Fails when the file was written to since it was measured. */
    private void unchanged() throws IOException {
        if (Files.getLastModifiedTime(path()).toMillis() != modified) {
            throw changed("it was written to");
        }
    }

    private IOException changed(String how) {
        return new IOException(path() + " changed while the image was made (it had " + size + " bytes): " + how
                + "; build again when nothing writes to it");
    }

    @Override
    public String toString() {
        return path().toString();
    }
}
