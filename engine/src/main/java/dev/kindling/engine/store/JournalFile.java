package dev.kindling.engine.store;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.api.Problem;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A cluster's records outside a database, one JSON object a line: first what it is, then the records with their hashes,
 * then how many there are and the last hash, so that a file that was cut off shows.
 */
final class JournalFile {
    private static final String FORMAT = "kindling-journal/1";
    /** A definition has at most 16 MiB, which escapes can double twice. */
    private static final int LONGEST_LINE = 64 << 20;
    private static final Pattern CLUSTER = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?");

    private JournalFile() {}

    /** The first line. */
    private record First(String format, String cluster) {}

    /** The body is text within the text, because its exact bytes are what the hash is of. */
    private record Line(long seq, String at, String run, String body, String hash) {}

    /** The last line. */
    private record Last(long records, String head) {}

    /** Any line, before it is known which. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Any(@Nullable String format, @Nullable String cluster, @Nullable Long seq, @Nullable String at,
            @Nullable String run, @Nullable String body, @Nullable String hash, @Nullable Long records,
            @Nullable String head) {
        Store.@Nullable RawRecord record() {
            try {
                return seq == null || at == null || run == null || body == null || hash == null
                        ? null
                        : new Store.RawRecord(seq, Instant.parse(at).toString().isEmpty() ? "" : at, run, body,
                                HexFormat.of().parseHex(hash));
            } catch (DateTimeException | IllegalArgumentException e) {
                return null;
            }
        }
    }

    static void write(Store store, String cluster, Path file) throws IOException {
        JsonMapper json = Json.mapper();
        long until = store.lastSeq(cluster);
        if (until == 0) {
            throw new IOException(store.place() + " has no records of a cluster " + cluster
                    + "; kindling status lists the clusters");
        }
        NewFile.make(file, aside -> {
            Files.createFile(aside, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try (BufferedWriter out = Files.newBufferedWriter(aside, StandardOpenOption.WRITE)) {
                line(out, json, new First(FORMAT, cluster));
                byte[] previous = Transaction.GENESIS;
                long records = 0;
                while (records < until) {
                    List<Store.RawRecord> page = store.raw(cluster, records);
                    for (Store.RawRecord record : page) {
                        if (record.seq() <= until) {
                            String misfit = record.misfit(cluster, records, previous);
                            if (misfit != null) {
                                throw new IOException("the journal of cluster " + cluster + " is broken: " + misfit
                                        + "; kindling state backup copies it as it is");
                            }
                            line(out, json, new Line(record.seq(), record.at(), record.run(), record.body(),
                                    HexFormat.of().formatHex(record.hash())));
                            previous = record.hash();
                            records++;
                        }
                    }
                    if (page.isEmpty()) {
                        throw new IOException(
                                "the journal of cluster " + cluster + " became shorter while it was read");
                    }
                }
                line(out, json, new Last(records, HexFormat.of().formatHex(previous)));
            }
        });
    }

    private static void line(BufferedWriter out, JsonMapper json, Object line) throws IOException {
        out.write(json.writeValueAsString(line));
        out.write('\n');
    }

    /** What is done with a record of the file. */
    private interface Taker {
        void take(Store.RawRecord record) throws IOException;
    }

    /** Reads all of the file; what is wrong is thrown as a {@link Wrong}. @return the cluster */
    private static String each(Path file, JsonMapper json, Taker taker) throws IOException {
        try (BufferedReader in = Files.newBufferedReader(file)) {
            Any first = parse(line(in, 1), 1, json);
            String cluster = first.cluster();
            if (!FORMAT.equals(first.format()) || cluster == null || !CLUSTER.matcher(cluster).matches()) {
                throw new Wrong("import-format", 1, "this is no export of Kindling, or one of another version",
                        "a first line with \"format\":\"" + FORMAT + "\" and the cluster's name",
                        "kindling state export CLUSTER FILE writes such a file");
            }
            byte[] previous = Transaction.GENESIS;
            long records = 0;
            for (long number = 2;; number++) {
                String text = line(in, number);
                if (text == null) {
                    throw new Wrong("import-truncated", number, "the file ends after record " + records,
                            "a last line with the number of records", "export again, or take another copy");
                }
                Any line = parse(text, number, json);
                Long count = line.records();
                if (count != null) {
                    if (count != records || !HexFormat.of().formatHex(previous).equals(line.head())
                            || line(in, number + 1) != null) {
                        throw new Wrong("import-truncated", number,
                                "the last line speaks of " + count + " records, before it are " + records,
                                "the last line of the same export, and nothing after it",
                                "export again, or take another copy");
                    }
                    return cluster;
                }
                Store.RawRecord record = line.record();
                if (record == null) {
                    throw new Wrong("import-format", number, "this is no record",
                            "seq, at (ISO 8601), run, body and hash (hexadecimal)", "take another copy");
                }
                String misfit = record.misfit(cluster, records, previous);
                if (misfit != null) {
                    throw new Wrong("import-chain-broken", number, misfit, "records that follow each other unchanged",
                            "take another copy; nothing was imported");
                }
                taker.take(record);
                previous = record.hash();
                records++;
            }
        } catch (MalformedInputException e) {
            throw new Wrong("import-format", 0, "the file is no text in UTF-8", "a file of kindling state export", "");
        }
    }

    /** As {@link BufferedReader#readLine}, but of a length that memory can hold, whoever the file is from. */
    private static @Nullable String line(BufferedReader in, long number) throws IOException {
        int c = in.read();
        if (c < 0) {
            return null;
        }
        var line = new StringBuilder();
        for (; c >= 0 && c != '\n'; c = in.read()) {
            if (line.length() == LONGEST_LINE) {
                throw new Wrong("import-format", number, "the line is longer than any record",
                        "a file of kindling state export", "");
            }
            line.append((char) c);
        }
        return line.toString();
    }

    private static Any parse(@Nullable String text, long line, JsonMapper json) throws Wrong {
        try {
            Any parsed = text == null ? null : json.readValue(text, Any.class);
            if (parsed != null) {
                return parsed;
            }
        } catch (JsonProcessingException e) {
            // told below, with the line
        }
        throw new Wrong("import-format", line, "the line is no JSON object", "a file of kindling state export", "");
    }

    /** Expected: the file comes from outside. */
    private static final class Wrong extends IOException {
        private static final long serialVersionUID = 1;
        private final String code;
        private final long line;
        private final String expected;
        private final String remedy;

        Wrong(String code, long line, String message, String expected, String remedy) {
            super(message, null);
            this.code = code;
            this.line = line;
            this.expected = expected;
            this.remedy = remedy;
        }

        Problem problem(Path file) {
            return new Problem(Problem.Severity.ERROR, code, file.toString(), (int) Math.min(line, Integer.MAX_VALUE),
                    line == 0 ? 0 : 1, String.valueOf(getMessage()), expected, remedy);
        }
    }

    /** Whether all of it can be taken over. */
    static Optional<Problem> check(Path file, JsonMapper json) throws IOException {
        try {
            each(file, json, record -> {
                try {
                    json.readValue(record.body(), Event.class);
                } catch (JsonProcessingException e) {
                    throw new Wrong("import-unknown-event", record.seq() + 1,
                            "record " + record.seq() + " tells of something that this Kindling does not know",
                            "an export of this version or an older one", "import it with the version that wrote it");
                }
            });
            return Optional.empty();
        } catch (Wrong e) {
            return Optional.of(e.problem(file));
        }
    }

    /** The cluster of a file that was checked. */
    static String cluster(Path file) {
        try (BufferedReader in = Files.newBufferedReader(file)) {
            return String.valueOf(parse(line(in, 1), 1, Json.mapper()).cluster());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Puts a checked file's records into an empty journal. A file that changes meanwhile rolls all of it back. */
    static Optional<Problem> load(Transaction transaction, String cluster, Path file) {
        try {
            if (transaction.head(cluster).seq() > 0) {
                return Optional.of(Problem.error("import-exists", "cluster " + cluster,
                        "the state has records of this cluster already", "a state that knows nothing of it",
                        "import into another workspace: --workspace DIR"));
            }
            each(file, Json.mapper(), record -> {
                Transaction.Head head = transaction.append(cluster, record.at(), record.run(), record.body());
                if (!Arrays.equals(head.hash(), record.hash())) {
                    throw new IOException("the file changed while it was read");
                }
            });
            return Optional.empty();
        } catch (IOException e) {
            throw new Writer.Failed(new SQLException(file + ": " + e.getMessage(), e));
        } catch (SQLException e) {
            throw new Writer.Failed(e);
        }
    }
}
