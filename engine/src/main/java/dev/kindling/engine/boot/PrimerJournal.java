package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.kindling.iso.image.Gpt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * How far an installation of the primer got, kept on its own disk, behind the mark: a record a sector, each with a
 * checksum, so that one that the power cut off in the middle does not count.
 *
 * @param order of the installation; empty: there is none
 * @param entries in order; all of them of this installation
 */
record PrimerJournal(String order, List<Entry> entries) {
    /** Nothing else uses these sectors: partitions begin at 1 MiB. */
    static final long OFFSET = DiskLayout.MARKER_OFFSET + Gpt.SECTOR;
    static final int BYTES = 16 * Gpt.SECTOR;
    private static final Pattern LINE = Pattern
            .compile("(KINDLING1 install=([A-Za-z0-9._:+-]+) stage=([A-Z]+) detail=([a-z0-9]*) )crc=([0-9a-f]{8})\n");

    /** What is certain once its record is on the disk. */
    enum Stage {
        /** Nothing of what was on the disk before can be found any more. */
        ERASED,
        /** Boot loaders, kernel and layers are there; the detail is the SHA-256 of the EFI system partition. */
        SYSTEM,
        /** The state volume is made, and filled. */
        STATE,
        /** Somebody has its recovery key, or it needs none. */
        KEPT
    }

    /** One stage that was reached. */
    record Entry(Stage stage, String detail) {}

    PrimerJournal {
        entries = List.copyOf(entries);
    }

    static PrimerJournal of(String order) {
        return new PrimerJournal(order, List.of());
    }

    /** What is on this disk; a journal without entries where there is none. */
    static PrimerJournal read(FileChannel disk) throws IOException {
        ByteBuffer area = ByteBuffer.allocate(BYTES);
        int read = 0;
        while (area.hasRemaining() && read >= 0) {
            read = disk.read(area, OFFSET + area.position());
        }
        return decode(area.array());
    }

    static PrimerJournal decode(byte[] area) {
        String order = "";
        List<Entry> entries = new ArrayList<>();
        for (int at = 0; at + Gpt.SECTOR <= area.length; at += Gpt.SECTOR) {
            Matcher line = LINE.matcher(new String(area, at, Gpt.SECTOR, ISO_8859_1));
            if (!line.lookingAt() || !line.group(5).equals(crc(line.group(1)))
                    || (!order.isEmpty() && !order.equals(line.group(2)))) {
                break;
            }
            Optional<Stage> stage = Stream.of(Stage.values()).filter(each -> each.name().equals(line.group(3)))
                    .findFirst();
            if (stage.isEmpty()) {
                break;
            }
            order = line.group(2);
            entries.add(new Entry(stage.get(), line.group(4)));
        }
        return new PrimerJournal(order, entries);
    }

    byte[] encode() {
        ByteBuffer area = ByteBuffer.allocate(BYTES);
        for (int i = 0; i < entries.size(); i++) {
            String line = "KINDLING1 install=" + order + " stage=" + entries.get(i).stage() + " detail="
                    + entries.get(i).detail() + " ";
            area.put(i * Gpt.SECTOR, (line + "crc=" + crc(line) + "\n").getBytes(ISO_8859_1));
        }
        return area.array();
    }

    private static String crc(String line) {
        CRC32 crc = new CRC32();
        crc.update(line.getBytes(ISO_8859_1));
        return HexFormat.of().toHexDigits((int) crc.getValue());
    }

    /** With this stage as the last one: a stage that is reached again makes those behind it void. */
    PrimerJournal with(Stage stage, String detail) {
        List<Entry> kept = entries.stream().filter(each -> each.stage().compareTo(stage) < 0)
                .collect(Collectors.toCollection(ArrayList::new));
        kept.add(new Entry(stage, detail));
        return new PrimerJournal(order, kept);
    }

    /** The detail of a stage that was reached. */
    Optional<String> reached(Stage stage) {
        return entries.stream().filter(each -> each.stage() == stage).map(Entry::detail).findFirst();
    }
}
