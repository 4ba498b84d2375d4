package dev.kindling.iso.edit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.iso.archive.CpioEntry;
import dev.kindling.iso.archive.Initramfs;
import dev.kindling.iso.image.BadImageException;
import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.IsoReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The areas of live images of Fedora CoreOS, RHEL CoreOS and OKD: one for an initramfs overlay that holds config.ign,
 * and several, with the same text, for kernel arguments. Newer images describe them in /coreos/igninfo.json and
 * /coreos/kargs.json, older ones in headers at the end of the system area.
 */
public final class CoreOs {
    private static final int INITRD_HEADER = 32_744; // "coreiso+", offset, length
    private static final int ARGUMENT_HEADER = 32_672; // "coreKarg", length, default's offset, six offsets
    private static final int AREA_LIMIT = 64 << 20;
    private static final int ARGUMENT_LIMIT = 4096;
    private static final String CONFIG = "config.ign";

    private final Content image;
    private final long offset;
    private final int capacity;
    private final @Nullable Arguments arguments;

    /** A place for kernel arguments: text, then the mark of its end, then filler. */
    private record Place(long offset, char filler, char end) {}

    private record Arguments(int length, String defaults, List<Place> places) {}

    private CoreOs(Content image, long offset, int capacity, @Nullable Arguments arguments) {
        this.image = image;
        this.offset = offset;
        this.capacity = capacity;
        this.arguments = arguments;
    }

    /** The areas of an image, where it has them. */
    public static Optional<CoreOs> of(IsoReader reader) throws IOException {
        Content image = reader.content();
        ByteBuffer header = header(image, INITRD_HEADER, 24);
        Optional<String> information = text(reader, "coreos/igninfo.json", "COREOS/IGNINFO.JSO");
        long at;
        long length;
        if (information.isPresent()) {
            Map<String, Object> json = JsonReader.object(information.get());
            IsoReader.Entry file = file(reader, string(json, "file"));
            long within = number(json, "offset", 0);
            at = start(file) + within;
            length = number(json, "length", file.size() - within);
            if (within < 0 || length < 0 || within > file.size() - length) {
                throw new BadImageException("igninfo.json speaks of " + length + " bytes at " + within + " of "
                        + file.path(), start(file), "at most " + file.size(), "fetch the image again");
            }
        } else if (header.getLong(0) == magic("coreiso+")) {
            at = header.getLong(8);
            length = header.getLong(16);
        } else {
            Optional<IsoReader.Entry> file = reader.find("images/ignition.img");
            if (file.isEmpty()) {
                return Optional.empty();
            }
            at = start(file.get());
            length = file.get().size();
        }
        if (at < 32_768 || length < 1 || length > AREA_LIMIT || at > image.size() - length) {
            throw new BadImageException("an embed area of " + length + " bytes", at,
                    "at most " + AREA_LIMIT + " bytes within the image", "fetch the image again");
        }
        return Optional.of(new CoreOs(image, at, (int) length, arguments(reader)));
    }

    private static @Nullable Arguments arguments(IsoReader reader) throws IOException {
        Content image = reader.content();
        Optional<String> information = text(reader, "coreos/kargs.json", "COREOS/KARGS.JSO");
        List<Place> places = new ArrayList<>();
        String defaults;
        long length;
        if (information.isPresent()) {
            Map<String, Object> json = JsonReader.object(information.get());
            length = number(json, "size", -1);
            defaults = string(json, "default");
            if (json.get("files") instanceof List<?> files) {
                for (Object each : files) {
                    if (each instanceof Map<?, ?> map) {
                        Map<String, Object> place = new LinkedHashMap<>();
                        map.forEach((key, value) -> place.put(String.valueOf(key), value));
                        IsoReader.Entry file = file(reader, string(place, "path"));
                        places.add(new Place(start(file) + number(place, "offset", 0), character(place, "pad", '#'),
                                character(place, "end", '\n')));
                    }
                }
            }
        } else {
            ByteBuffer header = header(image, ARGUMENT_HEADER, 72);
            if (header.getLong(0) != magic("coreKarg")) {
                return null;
            }
            length = header.getLong(8);
            for (int i = 0; i < 6 && header.getLong(24 + 8 * i) != 0; i++) {
                places.add(new Place(header.getLong(24 + 8 * i), '#', '\n'));
            }
            defaults = "";
            if (length > 0 && length <= ARGUMENT_LIMIT) {
                defaults = text(image, new Place(header.getLong(16), '#', '\n'), (int) length);
            }
        }
        if (length < 1 || length > ARGUMENT_LIMIT || places.isEmpty()) {
            throw new BadImageException(places.size() + " areas of " + length + " bytes for kernel arguments", -1,
                    "some, of at most " + ARGUMENT_LIMIT + " bytes", "fetch the image again");
        }
        for (Place each : places) {
            if (each.offset() < 32_768 || each.offset() > image.size() - length) {
                throw new BadImageException("an area for kernel arguments outside of the image", each.offset(),
                        length + " bytes", "fetch the image again");
            }
        }
        return new Arguments((int) length, defaults, places);
    }

    private static long magic(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static ByteBuffer header(Content image, int at, int length) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        if (image.size() >= at + length) {
            image.readFully(at, header);
        }
        return header;
    }

    private static Optional<String> text(IsoReader reader, String path, String plain) throws IOException {
        Optional<IsoReader.Entry> entry = reader.find(path).or(() -> Optional.empty());
        if (entry.isEmpty()) {
            entry = reader.find(plain);
        }
        if (entry.isEmpty() || entry.get().size() > 1 << 20) {
            return Optional.empty();
        }
        return Optional.of(new String(reader.bytes(entry.get()), UTF_8));
    }

    private static IsoReader.Entry file(IsoReader reader, String path) throws IOException {
        String bare = path.startsWith("/") ? path.substring(1) : path;
        Optional<IsoReader.Entry> entry = reader.find(bare).filter(e -> e.kind() == IsoReader.Kind.FILE);
        return entry.isPresent() ? entry.get() : reader.file(bare.toUpperCase(java.util.Locale.ROOT));
    }

    private static long start(IsoReader.Entry file) throws IOException {
        if (file.extents().size() != 1) {
            throw new BadImageException(file.path() + " is not in one piece", -1, "one extent", "");
        }
        return file.extents().getFirst().offset();
    }

    private static String string(Map<String, Object> json, String key) throws IOException {
        if (json.get(key) instanceof String text) {
            return text;
        }
        throw new IOException("the image's description of its embed areas has no " + key);
    }

    private static long number(Map<String, Object> json, String key, long otherwise) {
        return json.get(key) instanceof Long number ? number : otherwise;
    }

    private static char character(Map<String, Object> json, String key, char otherwise) {
        return json.get(key) instanceof String text && text.length() == 1 && text.charAt(0) < 128
                ? text.charAt(0)
                : otherwise;
    }

    private static String text(Content image, Place place, int length) throws IOException {
        byte[] bytes = new byte[length];
        image.readFully(place.offset(), ByteBuffer.wrap(bytes));
        int end = length;
        while (end > 0 && bytes[end - 1] == place.filler()) {
            end--;
        }
        return new String(bytes, 0, end, UTF_8).strip();
    }

    /** Of the area for the overlay, in bytes from the start of the image. */
    public long offset() {
        return offset;
    }

    /** Bytes of the largest overlay, compressed. */
    public int capacity() {
        return capacity;
    }

    /** There are areas for kernel arguments. */
    public boolean hasKernelArguments() {
        return arguments != null;
    }

    private Arguments areas() throws IOException {
        if (arguments == null) {
            throw new IOException("this CoreOS image has no areas for kernel arguments; newer ones have");
        }
        return arguments;
    }

    /** The kernel arguments that are there now. */
    public String arguments() throws IOException {
        return text(image, areas().places().getFirst(), areas().length());
    }

    /** What the kernel arguments were when the image was made. */
    public String defaultArguments() throws IOException {
        return areas().defaults();
    }

    /** Bytes of the longest kernel arguments. */
    public int argumentCapacity() throws IOException {
        return areas().length() - 1;
    }

    /** What to write where for other kernel arguments. */
    public Map<Long, byte[]> kernelArguments(String text) throws IOException {
        byte[] bytes = text.strip().getBytes(UTF_8);
        if (bytes.length > argumentCapacity()) {
            throw new IOException(
                    "the kernel arguments have " + bytes.length + " bytes, the area in the image has room "
                            + "for " + argumentCapacity() + ": leave some out");
        }
        Map<Long, byte[]> writes = new LinkedHashMap<>();
        for (Place place : areas().places()) {
            byte[] area = new byte[areas().length()];
            java.util.Arrays.fill(area, (byte) place.filler());
            System.arraycopy(bytes, 0, area, 0, bytes.length);
            area[bytes.length] = (byte) place.end();
            writes.put(place.offset(), area);
        }
        return writes;
    }

    /** The files of the overlay that is embedded now, whoever compressed it and how; empty where there is none. */
    public List<CpioEntry> overlay() throws IOException {
        byte[] area = new byte[capacity];
        image.readFully(offset, ByteBuffer.wrap(area));
        Initramfs overlay = new Initramfs(new ByteArrayInputStream(area), AREA_LIMIT);
        List<CpioEntry> files = new ArrayList<>();
        for (Optional<CpioEntry> entry = overlay.next(); entry.isPresent(); entry = overlay.next()) {
            files.add(entry.get());
        }
        return files;
    }

    /** The Ignition config that is embedded now; empty where there is none. */
    public byte[] config() throws IOException {
        return overlay().stream().filter(e -> e.name().equals(CONFIG)).findFirst().map(CpioEntry::content)
                .orElse(new byte[0]);
    }

    /**
     * What to write where for another config; an empty one clears the area, as it was made.
     *
     * @throws IOException where it does not fit (lesson 19), or the overlay holds other files that would get lost
     */
    public Map<Long, byte[]> with(byte[] config) throws IOException {
        List<String> others = overlay().stream().map(CpioEntry::name).filter(name -> !name.equals(CONFIG)).toList();
        if (!others.isEmpty()) {
            throw new IOException("the embed area holds files that are not ours: " + String.join(", ", others)
                    + ". Start with the image as the vendor made it");
        }
        byte[] area = new byte[capacity];
        if (config.length > 0) {
            byte[] overlay = compressed(config);
            if (overlay.length > capacity) {
                throw new IOException("the configuration has " + config.length + " bytes, compressed " + overlay.length
                        + "; the area in the image has room for " + capacity
                        + ": make it smaller, for example by ignition.config.replace with a URL");
            }
            System.arraycopy(overlay, 0, area, 0, overlay.length);
        }
        return Map.of(offset, area);
    }

    private static byte[] compressed(byte[] config) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Initramfs.append(out, Initramfs.Compression.GZIP, Instant.EPOCH, cpio -> cpio.file(CONFIG, 0600, config));
        return out.toByteArray();
    }
}
