package dev.kindling.pxe;

import java.nio.file.Path;

/** Something that can be fetched by TFTP or HTTP. Its length is known before the first byte is sent. */
public sealed interface BootFile {
    /** A media type for HTTP, such as {@code application/octet-stream}. */
    String contentType();

    /** Generated content. */
    record Bytes(byte[] content, String contentType) implements BootFile {}

    /** A regular file, sent without copying it through the heap where the transport allows that. */
    record OnDisk(Path path, String contentType) implements BootFile {}

    /** A script or another text in UTF-8. */
    static BootFile text(String text) {
        return new Bytes(text.getBytes(java.nio.charset.StandardCharsets.UTF_8), "text/plain; charset=utf-8");
    }

    /** A file of bytes without a better type. */
    static BootFile file(Path path) {
        return new OnDisk(path, "application/octet-stream");
    }
}
