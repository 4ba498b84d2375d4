package dev.kindling.iso.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * One entry of a "newc" archive, as {@link CpioReader} finds it.
 *
 * @param name path without a leading slash
 * @param mode type and permission bits, as in {@code stat(2)}
 * @param mtimeSeconds seconds since 1970
 * @param deviceMajor of a device node, otherwise 0
 * @param deviceMinor of a device node, otherwise 0
 * @param content of a file, or the target of a symbolic link
 */
public record CpioEntry(String name, int mode, int uid, int gid, int links, long mtimeSeconds, int deviceMajor,
        int deviceMinor, byte[] content) {
    static final int TYPE_MASK = 0170000;
    static final int DIRECTORY = 0040000;
    static final int CHARACTER_DEVICE = 0020000;
    static final int BLOCK_DEVICE = 0060000;
    static final int REGULAR = 0100000;
    static final int SYMLINK = 0120000;

    public boolean isDirectory() {
        return (mode & TYPE_MASK) == DIRECTORY;
    }

    public boolean isFile() {
        return (mode & TYPE_MASK) == REGULAR;
    }

    public boolean isSymlink() {
        return (mode & TYPE_MASK) == SYMLINK;
    }

    /** The permission bits alone. */
    public int permissions() {
        return mode & ~TYPE_MASK;
    }

    /** The content as UTF-8. */
    public String text() {
        return new String(content, UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CpioEntry that && name.equals(that.name) && mode == that.mode && uid == that.uid
                && gid == that.gid && links == that.links && mtimeSeconds == that.mtimeSeconds
                && deviceMajor == that.deviceMajor && deviceMinor == that.deviceMinor
                && Arrays.equals(content, that.content);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + Arrays.hashCode(content);
    }

    @Override
    public String toString() {
        return String.format("%06o %s (%d bytes)", mode, name, content.length);
    }
}
