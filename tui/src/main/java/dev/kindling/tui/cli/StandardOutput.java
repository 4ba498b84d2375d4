package dev.kindling.tui.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import org.jspecify.annotations.Nullable;

/** Standard output that knows whether all of it arrived: a full disk behind {@code >} must not pass for success. */
public final class StandardOutput extends FileOutputStream {
    private volatile @Nullable IOException failure;

    /** That of this process. */
    public StandardOutput() {
        super(FileDescriptor.out);
    }

    /** Text to it, flushed with every line. */
    PrintStream text(Charset charset) {
        return new PrintStream(this, true, charset);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        try {
            super.write(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /**
     * Why something of it was lost; null where nothing was, and where the reader had seen enough ({@code | head}).
     */
    public @Nullable String lost() {
        IOException failed = failure;
        return failed == null || "Broken pipe".equals(failed.getMessage()) ? null : String.valueOf(failed.getMessage());
    }
}
