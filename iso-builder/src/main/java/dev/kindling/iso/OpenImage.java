package dev.kindling.iso;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.image.BadImageException;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An image of any kind, opened to be read. qcow2 and squashfs are compressed: {@code qemu-img} and {@code unsquashfs},
 * where this computer has them, unpack these into a file for the time of reading.
 */
public final class OpenImage implements Closeable {
    private static final String DATA = "#\n# START OF DATA - DO NOT MODIFY\n#\n";
    private static final int LISTING_LIMIT = 256 << 20;
    private static final int FEATURE_EXTERNAL_DATA = 4;

    private final AnyImage.Kind kind;
    private final Content content;
    private final List<Path> unpacked;

    private OpenImage(AnyImage.Kind kind, Content content, List<Path> unpacked) {
        this.kind = kind;
        this.content = content;
        this.unpacked = List.copyOf(unpacked);
    }

    /**
     * Opens an image.
     *
     * @param aside a directory, made where it is missing, for what is unpacked until this is closed
     * @throws IOException also where a program is missing that the kind of image needs
     */
    public static OpenImage of(Path image, Path aside) throws IOException {
        Content content = Content.file(image);
        AnyImage.Kind kind = AnyImage.kind(content);
        if (kind != AnyImage.Kind.QCOW2 && kind != AnyImage.Kind.SQUASHFS) {
            return new OpenImage(kind, content, List.of());
        }
        Files.createDirectories(aside);
        Path raw = Files.createTempFile(aside, ".kindling-", ".unpacked");
        try {
            if (kind == AnyImage.Kind.QCOW2) {
                selfContained(content);
                run("qemu-utils", "qemu-img", "convert", "-f", "qcow2", "-O", "raw", absolute(image), absolute(raw));
            } else {
                // a list of everything with all contents behind it: what is made of it is our own decision
                Files.delete(raw);
                run("squashfs-tools", "unsquashfs", "-quiet", "-no-progress", "-pf", absolute(raw), absolute(image));
            }
            return new OpenImage(kind, Content.file(raw), List.of(raw));
        } catch (IOException e) {
            Files.deleteIfExists(raw);
            throw e;
        }
    }

    /**
     * Makes a qcow2 image of a disk image by {@code qemu-img}; either the whole of it is there in the end, or what was
     * there before.
     */
    public static void qcow2(Path raw, Path output) throws IOException {
        Path aside = output.toAbsolutePath().resolveSibling(
                "." + output.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            run("qemu-utils", "qemu-img", "convert", "-f", "raw", "-O", "qcow2", absolute(raw), absolute(aside));
            Files.move(aside, output, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(aside);
        }
    }

    private static String absolute(Path path) {
        // a name with a colon or a dash in front would be an option or a protocol
        return path.toAbsolutePath().toString();
    }

    /** A qcow2 image can name other files of this computer, whose bytes would come out as its own. */
    private static void selfContained(Content image) throws IOException {
        ByteBuffer head = ByteBuffer.wrap(image.slice(0, Math.min(104, image.size())).bytes());
        if (head.capacity() < 72) {
            throw new BadImageException("a qcow2 image of " + head.capacity() + " bytes", 0, "its header",
                    "fetch the image again");
        }
        if (head.getLong(8) != 0 || (head.getInt(4) >= 3 && head.capacity() >= 80
                && (head.getLong(72) & FEATURE_EXTERNAL_DATA) != 0)) {
            throw new BadImageException("a qcow2 image that is only a layer over another file", 8, "one that is whole",
                    "make it whole where the other file is: qemu-img convert -O qcow2 IN OUT");
        }
    }

    private static void run(String debianPackage, String... command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IOException(
                    "the program " + command[0] + " is needed for this image and is not here; it is in the "
                            + "Debian package " + debianPackage,
                    e);
        }
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
            int exit = process.waitFor();
            if (exit != 0) {
                throw new IOException(command[0] + " ended with " + exit + ": " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException(command[0] + " was cancelled").initCause(e);
        } finally {
            process.destroy();
        }
    }

    /** What the file is. */
    public AnyImage.Kind kind() {
        return kind;
    }

    /** The image; of a qcow2 image the disk in it. */
    public Content content() {
        return content;
    }

    /** All files; they can be read until this is closed. */
    public Tree tree() throws IOException {
        return kind == AnyImage.Kind.SQUASHFS ? listed() : AnyImage.tree(content);
    }

    /** Reads the list that {@code unsquashfs -pf} makes, as {@code mksquashfs} describes it. */
    private Tree listed() throws IOException {
        byte[] end = DATA.getBytes(UTF_8);
        ByteArrayOutputStream list = new ByteArrayOutputStream();
        int matched = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(unpacked.getFirst()))) {
            while (matched < end.length) {
                int next = in.read();
                if (next < 0 || list.size() > LISTING_LIMIT) {
                    // nothing but directories and links: no data follows
                    break;
                }
                matched = next == end[matched] ? matched + 1 : next == end[0] ? 1 : 0;
                list.write(next);
            }
        }
        int data = list.size();
        String text = list.toString(UTF_8);
        Tree tree = new Tree(Node.Attributes.directory(Instant.EPOCH));
        Map<String, String> links = new HashMap<>();
        for (String line : text.substring(0, text.length() - (matched == end.length ? DATA.length() : 0))
                .split("\n", -1)) {
            if (!line.isEmpty() && !line.startsWith("#")) {
                listed(tree, fields(line), data, links, line);
            }
        }
        for (Map.Entry<String, String> link : links.entrySet()) {
            tree.get(link.getValue()).ifPresent(node -> tree.put(link.getKey(), node));
        }
        return tree;
    }

    private void listed(Tree tree, List<String> fields, long data, Map<String, String> links, String line)
            throws IOException {
        try {
            String path = fields.getFirst().equals("/") ? "" : fields.getFirst();
            if (fields.get(1).equals("L")) {
                links.put(path, fields.get(2));
                return;
            }
            Node.Attributes attributes = new Node.Attributes(Integer.parseInt(fields.get(3), 8) & 07777,
                    Integer.parseInt(fields.get(4)), Integer.parseInt(fields.get(5)),
                    Instant.ofEpochSecond(Long.parseLong(fields.get(2))));
            tree.put(path, switch (fields.get(1)) {
                case "D" -> new Node.Directory(attributes);
                case "R" -> new Node.File(attributes, content.slice(data + Long.parseLong(fields.get(7)),
                        Long.parseLong(fields.get(6))));
                // the target is written as it is
                case "S" -> new Node.Symlink(attributes, line.split("(?<!\\\\) ", 7)[6]);
                case "C" -> device(attributes, Node.Special.Kind.CHARACTER_DEVICE, fields);
                case "B" -> device(attributes, Node.Special.Kind.BLOCK_DEVICE, fields);
                case "I" -> new Node.Special(attributes, fields.get(6).equals("s")
                        ? Node.Special.Kind.SOCKET
                        : Node.Special.Kind.FIFO, 0, 0);
                default -> throw new IllegalArgumentException("a kind that is not known");
            });
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException("unsquashfs lists what cannot be: '" + line + "'", e);
        }
    }

    private static Node device(Node.Attributes attributes, Node.Special.Kind kind, List<String> fields) {
        return new Node.Special(attributes, kind, Integer.parseInt(fields.get(6)), Integer.parseInt(fields.get(7)));
    }

    /** Between blanks; a backslash takes away the meaning of what follows it. */
    private static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length()) {
                field.append(line.charAt(++i));
            } else if (c == ' ') {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }

    @Override
    public void close() throws IOException {
        for (Path each : unpacked) {
            Files.deleteIfExists(each);
        }
    }
}
