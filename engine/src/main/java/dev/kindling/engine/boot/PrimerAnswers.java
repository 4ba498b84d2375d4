package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.engine.api.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * Answers to what the primer asks, as a file: one {@code key=value} a line, {@code #} for remarks (docs/primer.md).
 *
 * @param values all keys, with their defaults
 * @param problems with their lines; empty: the answers can be used
 */
public record PrimerAnswers(Map<String, String> values, List<Problem> problems) {
    private static final String BYTE = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final String ADDRESS = "(?:" + BYTE + "\\.){3}" + BYTE;

    /** A key, what is allowed for it, what holds without it. Null: it has to be given. */
    private enum Key {
        DISK_SERIAL("disk.serial", "[!-~](?:[ -~]{0,98}[!-~])?", "the serial number of the disk to install to",
                null),
        ERASE("erase", "[ -~]{1,100}",
                "the serial number of the disk once more: all that is on it will be lost",
                null),
        REPLACE("replace", "[A-Za-z0-9._:+-]{0,200}",
                "the name of Kindling's installation that is on the disk and goes with it",
                ""),
        ENCRYPTION("encryption", "auto|tpm2|key|none", "auto, tpm2, key or none",
                "auto"),
        HOSTNAME("hostname", "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
                "lower-case letters, digits and dashes",
                "primer"),
        MAC("network.mac", "(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|",
                "the address of a network port: 52:54:00:12:34:56",
                ""),
        VLAN("network.vlan",
                "|[1-9]\\d{0,2}|[1-3]\\d{3}|40[0-8]\\d|409[0-4]",
                "the number of a VLAN: 1 to 4094",
                ""),
        ADDRESS("network.address",
                "dhcp|" + PrimerAnswers.ADDRESS + "/(?:3[0-2]|[12]?\\d)",
                "dhcp, or an address: 10.0.0.5/24",
                "dhcp"),
        GATEWAY("network.gateway", PrimerAnswers.ADDRESS + "|",
                "an address: 10.0.0.1", ""),
        DNS("network.dns",
                "(?:" + PrimerAnswers.ADDRESS + "(?:,"
                        + PrimerAnswers.ADDRESS + ")*)?",
                "addresses with commas between them",
                ""),
        AFTER("after", "reboot|poweroff|stay",
                "reboot, poweroff or stay",
                "reboot"),
        RECOVERY_SECONDS(
                "recovery.seconds", "\\d{1,5}",
                "how long the recovery key is shown",
                "60"),
        CONSOLE_SHELL(
                "console.shell",
                "yes|no", "yes or no",
                "no");

        private final String name;
        private final Pattern pattern;
        private final String expected;
        private final @Nullable String preset;

        Key(String name, String pattern, String expected, @Nullable String preset) {
            this.name = name;
            this.pattern = Pattern.compile(pattern);
            this.expected = expected;
            this.preset = preset;
        }
    }

    public PrimerAnswers {
        values = Map.copyOf(values);
        problems = List.copyOf(problems);
    }

    /** Reads answers and reports everything that is wrong with them at once. */
    public static PrimerAnswers read(String source, String text) {
        Map<String, String> values = new LinkedHashMap<>();
        Set<String> given = new HashSet<>();
        List<Problem> problems = new ArrayList<>();
        int number = 0;
        for (String raw : text.split("\n", -1)) {
            number++;
            String line = raw.strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            int equals = line.indexOf('=');
            String name = equals < 0 ? line : line.substring(0, equals).strip();
            String value = equals < 0 ? "" : line.substring(equals + 1).strip();
            Key key = Arrays.stream(Key.values()).filter(each -> each.name.equals(name)).findFirst().orElse(null);
            if (equals < 0 || key == null) {
                problems.add(problem("answers-unknown-key", source, number, "'" + name + "' is no answer",
                        "one of " + String.join(", ", Arrays.stream(Key.values()).map(each -> each.name).toList())));
            } else if (!given.add(name)) {
                problems.add(problem("answers-key-twice", source, number, name + " is given twice", "one answer"));
            } else if (!key.pattern.matcher(value).matches()) {
                problems.add(problem("answers-value", source, number, name + " is '" + value + "'", key.expected));
            } else {
                values.put(name, value);
            }
        }
        for (Key key : Key.values()) {
            if (key.preset != null) {
                values.putIfAbsent(key.name, key.preset);
            } else if (!given.contains(key.name)) {
                problems.add(problem("answers-key-missing", source, 0, key.name + " is missing", key.expected));
            }
        }
        String serial = values.get(Key.DISK_SERIAL.name);
        String erase = values.get(Key.ERASE.name);
        if (serial != null && erase != null && !serial.equals(erase)) {
            problems.add(problem("answers-not-confirmed", source, 0,
                    "erase is '" + erase + "', disk.serial is '" + serial + "'", Key.ERASE.expected));
        }
        boolean fixed = !values.getOrDefault(Key.ADDRESS.name, "dhcp").equals("dhcp");
        boolean tagged = !values.getOrDefault(Key.VLAN.name, "").isEmpty();
        if ((fixed || tagged) && values.getOrDefault(Key.MAC.name, "").isEmpty()) {
            problems.add(problem("answers-key-missing", source, 0,
                    "network.mac is missing: " + (fixed ? "an address" : "a VLAN") + " belongs to a port",
                    Key.MAC.expected));
        }
        return new PrimerAnswers(values, problems);
    }

    private static Problem problem(String code, String source, int line, String message, String expected) {
        return new Problem(Problem.Severity.ERROR, code, source, line, line > 0 ? 1 : 0, message, expected,
                "docs/primer.md has the answer file");
    }

    /** The value of a key that {@link #read} knows. */
    String get(String key) {
        return values.getOrDefault(key, "");
    }

    /**
     * What is embedded in a medium: answers, and behind a line of dashes the definition. {@code kindling iso embed}
     * puts the same there later. The area has a header: 16 bytes of magic, then little-endian version, length and
     * CRC-32.
     */
    static final class Area {
        static final int BYTES = 1 << 20;
        private static final byte[] MAGIC = "KINDLING CONFIG\n".getBytes(UTF_8);
        private static final int HEADER = 64;
        private static final String DEFINITION = "\n---\n";

        private Area() {}

        /** Both texts empty: an empty area, to be filled later. */
        static byte[] encode(String answers, String definition) throws IOException {
            byte[] text = answers.isEmpty() && definition.isEmpty()
                    ? new byte[0]
                    : (answers + DEFINITION + definition).getBytes(UTF_8);
            if (HEADER + text.length > BYTES) {
                throw new IOException("answers and definition have " + text.length + " bytes; a medium has room for "
                        + (BYTES - HEADER));
            }
            return ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN).put(MAGIC).putInt(1).putInt(text.length)
                    .putInt(crc(text)).put(HEADER, text).array();
        }

        /** Answers and definition; both empty where the area is. */
        static List<String> decode(byte[] area) throws IOException {
            ByteBuffer in = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN);
            if (area.length < HEADER || !Arrays.equals(MAGIC, Arrays.copyOf(area, MAGIC.length))
                    || in.getInt(16) != 1) {
                throw new IOException("the medium's area for answers holds something else; make the medium anew");
            }
            int length = in.getInt(20);
            if (length < 0 || length > area.length - HEADER) {
                throw new IOException("the answers on the medium are cut off; embed them again");
            }
            byte[] text = Arrays.copyOfRange(area, HEADER, HEADER + length);
            if (crc(text) != in.getInt(24)) {
                throw new IOException(
                        "the answers on the medium are damaged: their CRC-32 is not the recorded one; embed them again");
            }
            String all = new String(text, UTF_8);
            int at = all.indexOf(DEFINITION);
            return at < 0 ? List.of(all, "") : List.of(all.substring(0, at), all.substring(at + DEFINITION.length()));
        }

        private static int crc(byte[] text) {
            CRC32 crc = new CRC32();
            crc.update(text);
            return (int) crc.getValue();
        }
    }
}
