package dev.kindling.iso.image;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An image that is damaged, cut off, or lies. The message says what, and where; the remedy what to do about it. */
public final class BadImageException extends IOException {
    private static final long serialVersionUID = 1L;
    private final String what;
    private final long offset;
    private final String expected;
    private final String remedy;

    /**
     * @param what is wrong
     * @param offset where, in bytes from the start of the image; -1 where it is no one place
     * @param expected what should be there; may be empty
     * @param remedy what to do; may be empty
     */
    public BadImageException(String what, long offset, String expected, String remedy) {
        this(what, offset, expected, remedy, null);
    }

    BadImageException(String what, long offset, String expected, String remedy, @Nullable Throwable cause) {
        super(what + (offset < 0 ? "" : " at byte " + offset) + (expected.isEmpty() ? "" : ": expected " + expected),
                cause);
        this.what = what;
        this.offset = offset;
        this.expected = expected;
        this.remedy = remedy;
    }

    static BadImageException damaged(String what, long offset, String expected) {
        return new BadImageException(what, offset, expected,
                "fetch the image again and compare its checksum with the vendor's");
    }

    public String what() {
        return what;
    }

    /** In bytes from the start of the image; -1 where it is no one place. */
    public long offset() {
        return offset;
    }

    /** May be empty. */
    public String expected() {
        return expected;
    }

    /** May be empty. */
    public String remedy() {
        return remedy;
    }
}
