package dev.kindling.iso.image;

import java.time.Instant;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What stands in a tree of files: the same when it comes from a disk, from an image, or from a program. */
public sealed interface Node {
    Attributes attributes();

    /** The same thing with other attributes; a directory keeps its children. */
    Node with(Attributes attributes);

    /**
     * What a node has besides its name and its kind.
     *
     * @param permissions the twelve lower bits of {@code st_mode}
     * @param uid owner
     * @param gid group
     * @param modified time of the last change
     */
    record Attributes(int permissions, int uid, int gid, Instant modified) {
        public Attributes {
            if ((permissions & ~07777) != 0) {
                throw new IllegalArgumentException(
                        "permissions " + Integer.toOctalString(permissions) + " are not within 0..7777");
            }
        }

        /** Root's, readable by everybody. */
        public static Attributes directory(Instant modified) {
            return new Attributes(0755, 0, 0, modified);
        }

        /** Root's, readable by everybody. */
        public static Attributes file(Instant modified) {
            return new Attributes(0644, 0, 0, modified);
        }

        public Attributes modified(Instant other) {
            return new Attributes(permissions, uid, gid, other);
        }

        public Attributes owner(int otherUid, int otherGid) {
            return new Attributes(permissions, otherUid, otherGid, modified);
        }
    }

    /** A directory; its children are changed through {@link Tree}. */
    final class Directory implements Node {
        private final Attributes attributes;
        final NavigableMap<String, Node> children;

        public Directory(Attributes attributes) {
            this(attributes, new TreeMap<>());
        }

        private Directory(Attributes attributes, NavigableMap<String, Node> children) {
            this.attributes = attributes;
            this.children = children;
        }

        @Override
        public Attributes attributes() {
            return attributes;
        }

        @Override
        public Directory with(Attributes other) {
            return new Directory(other, children);
        }

        /** By name; a view. */
        public NavigableMap<String, Node> children() {
            return Collections.unmodifiableNavigableMap(children);
        }

        @Override
        public String toString() {
            return "directory of " + children.size();
        }
    }

    /** A regular file. Two files with the same content object share their bytes in an image, like hard links. */
    record File(Attributes attributes, Content content) implements Node {
        @Override
        public File with(Attributes other) {
            return new File(other, content);
        }
    }

    /** A symbolic link. */
    record Symlink(Attributes attributes, String target) implements Node {
        public Symlink {
            if (target.isEmpty() || target.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("a symbolic link to '" + target + "'");
            }
        }

        @Override
        public Symlink with(Attributes other) {
            return new Symlink(other, target);
        }
    }

    /** Neither of the above: nothing but a type, and for a device its numbers. */
    record Special(Attributes attributes, Kind kind, int major, int minor) implements Node {
        /** As in {@code st_mode}. */
        public enum Kind {
            FIFO,
            CHARACTER_DEVICE,
            BLOCK_DEVICE,
            SOCKET
        }

        @Override
        public Special with(Attributes other) {
            return new Special(other, kind, major, minor);
        }
    }
}
