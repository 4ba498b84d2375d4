package dev.kindling.engine.http;

import dev.kindling.engine.api.Problem;
import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A request's body as it arrives: in memory, or, where the path takes a file, in one. */
final class Body implements AutoCloseable {
    /** A definition of 10,000 machines has 3 MiB. */
    static final int LARGEST = 16 << 20;
    /** A journal has about 300 bytes a record; a large cluster's life is some hundred thousand of them. */
    static final long LARGEST_FILE = 1L << 30;

    private final ByteArrayOutputStream memory = new ByteArrayOutputStream(0);
    private final long largest;
    private final @Nullable Scratch scratch;
    private @Nullable OutputStream file;
    private long size;

    private Body(long largest, @Nullable Scratch scratch) {
        this.largest = largest;
        this.scratch = scratch;
    }

    static Body inMemory() {
        return new Body(LARGEST, null);
    }

    /** In a file of the workspace, that is gone when this is closed. */
    static Body inFile(Path workspace) throws IOException {
        var body = new Body(LARGEST_FILE, Scratch.in(workspace));
        body.file = Files.newOutputStream(body.path(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        return body;
    }

    long size() {
        return size;
    }

    /** @throws Refused where a body of that many bytes is too large */
    void allow(long bytes) {
        if (bytes > largest) {
            throw new Refused(413, Problem.error("body-too-large", "body", "the body is too large",
                    "at most " + (largest >> 20) + " MiB", "send less"));
        }
    }

    /** @throws Refused where it becomes too large */
    void take(ByteBuf part) throws IOException {
        size += part.readableBytes();
        allow(size);
        OutputStream out = file;
        part.readBytes(out == null ? memory : out, part.readableBytes());
    }

    byte[] bytes() {
        return memory.toByteArray();
    }

    /** Of a body in a file. */
    Path path() {
        return java.util.Objects.requireNonNull(scratch).file();
    }

    boolean isFile() {
        return scratch != null;
    }

    @Override
    public void close() throws IOException {
        try {
            if (file != null) {
                file.close();
            }
        } finally {
            if (scratch != null) {
                scratch.close();
            }
        }
    }
}
