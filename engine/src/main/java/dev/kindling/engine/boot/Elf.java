package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What we need to know of a 64-bit little-endian ELF file (System V ABI, chapters 4 and 5): what it is linked with, and
 * the text of a section.
 */
final class Elf {
    private static final int PT_DYNAMIC = 2;
    private static final int PT_INTERP = 3;
    private static final long DT_NEEDED = 1;
    private static final long DT_STRTAB = 5;
    private static final int PT_LOAD = 1;

    private final byte[] content;
    private final ByteBuffer file;
    private final String name;

    private Elf(byte[] content, String name) {
        this.content = content;
        this.file = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        this.name = name;
    }

    static Elf read(Path path) throws IOException {
        return of(Files.readAllBytes(path), path.toString());
    }

    static Elf of(byte[] content, String name) throws IOException {
        if (content.length < 64 || content[0] != 0x7F || content[1] != 'E' || content[2] != 'L' || content[3] != 'F'
                || content[4] != 2 || content[5] != 1) {
            throw new IOException(name + " is no 64-bit little-endian ELF file");
        }
        return new Elf(content, name);
    }

    /** The dynamic loader; empty for a statically linked program and for a library. */
    Optional<String> interpreter() throws IOException {
        for (int header : programHeaders(PT_INTERP)) {
            return Optional.of(text(offset(file.getLong(header + 8))));
        }
        return Optional.empty();
    }

    /** Names of the libraries that it needs, in the file's order. */
    List<String> needed() throws IOException {
        List<Long> names = new ArrayList<>();
        long strings = -1;
        for (int header : programHeaders(PT_DYNAMIC)) {
            int at = offset(file.getLong(header + 8));
            int end = offset(at + file.getLong(header + 32));
            for (; at + 16 <= end; at += 16) {
                long tag = file.getLong(at);
                if (tag == DT_NEEDED) {
                    names.add(file.getLong(at + 8));
                } else if (tag == DT_STRTAB) {
                    strings = fileOffset(file.getLong(at + 8));
                }
            }
        }
        List<String> needed = new ArrayList<>();
        for (long each : names) {
            needed.add(text(offset(strings + each)));
        }
        return needed;
    }

    /** The NUL-separated texts of a section, such as {@code .modinfo}; empty where there is no such section. */
    List<String> texts(String section) throws IOException {
        int size = file.getShort(0x3A) & 0xFFFF;
        int count = file.getShort(0x3C) & 0xFFFF;
        long table = file.getLong(0x28);
        int namesHeader = offset(table + (long) size * (file.getShort(0x3E) & 0xFFFF));
        long names = file.getLong(namesHeader + 24);
        for (int i = 0; i < count; i++) {
            int header = offset(table + (long) size * i);
            if (text(offset(names + file.getInt(header))).equals(section)) {
                int start = offset(file.getLong(header + 24));
                int length = offset(start + file.getLong(header + 32)) - start;
                return List.of(new String(content, start, length, UTF_8).split("\0+"));
            }
        }
        return List.of();
    }

    private List<Integer> programHeaders(int type) throws IOException {
        int size = file.getShort(0x36) & 0xFFFF;
        int count = file.getShort(0x38) & 0xFFFF;
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int header = offset(file.getLong(0x20) + (long) size * i);
            if (file.getInt(header) == type) {
                found.add(header);
            }
        }
        return found;
    }

    /** Where a virtual address is in the file. */
    private long fileOffset(long address) throws IOException {
        for (int header : programHeaders(PT_LOAD)) {
            long start = file.getLong(header + 16);
            if (address >= start && address < start + file.getLong(header + 32)) {
                return address - start + file.getLong(header + 8);
            }
        }
        throw new IOException(name + " is damaged: no segment holds address " + address);
    }

    private int offset(long value) throws IOException {
        if (value < 0 || value > file.capacity()) {
            throw new IOException(name + " is damaged: offset " + value + " is beyond its end");
        }
        return (int) value;
    }

    private String text(int start) throws IOException {
        int end = start;
        while (end < file.capacity() && file.get(end) != 0) {
            end++;
        }
        if (end == file.capacity()) {
            throw new IOException(name + " is damaged: a text has no end");
        }
        return new String(content, start, end - start, UTF_8);
    }
}
