package dev.kindling.engine;

import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.kindling.engine.api.ClusterStatus;
import dev.kindling.engine.api.Event;
import dev.kindling.engine.definition.Definitions;
import dev.kindling.engine.status.StatusFold;
import dev.kindling.engine.store.Json;
import dev.kindling.engine.store.Store;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The statuses of clusters without reading their whole journals each time: what was folded stays folded in this
 * process, and the status after a long journal is left in a file for the next process. That file counts only where the
 * hash of the journal's newest record is still the same, which covers all records before it, and for the same build of
 * Kindling.
 */
final class Statuses {
    private static final Logger LOG = LoggerFactory.getLogger(Statuses.class);
    /** Shorter journals are read faster than a file is written. */
    private static final int WORTH_KEEPING = 2000;

    private final Workspace workspace;
    private final Store store;
    private final Map<String, StatusFold> folds = new HashMap<>();

    /** What Jackson has to find out about the types takes as long as the opening of a state. */
    private static final class Kept {
        static final JsonMapper JSON = Json.terse();
        static final ObjectReader READER = JSON.readerFor(ClusterStatus.class);
    }

    /** Does so on another thread meanwhile, where there will be something to read. */
    static void prepare(Workspace workspace) {
        if (workspace.keepsStatuses()) {
            Thread.ofPlatform().daemon().name("status-types").start(() -> LOG.trace("{}", Kept.READER));
        }
    }

    Statuses(Workspace workspace, Store store) {
        this.workspace = workspace;
        this.store = store;
    }

    /** Empty where there are no records. */
    synchronized Optional<ClusterStatus> of(String cluster) {
        StatusFold known = folds.get(cluster);
        if (known != null && known.lastSeq() <= store.lastSeq(cluster)) {
            store.read(cluster, known.lastSeq()).forEach(known::add);
            return Optional.of(known.status());
        }
        String head = store.head(cluster);
        Optional<ClusterStatus> kept = read(cluster, head);
        if (kept.isPresent() || head.isEmpty()) {
            return kept;
        }
        List<Event.Recorded> events = store.read(cluster, 0);
        var fold = new StatusFold(cluster, text -> Definitions.read("definition", text));
        events.forEach(fold::add);
        folds.put(cluster, fold);
        ClusterStatus status = fold.status();
        if (events.size() >= WORTH_KEEPING && store.head(cluster).equals(head)) {
            keep(cluster, head, status);
        }
        return Optional.of(status);
    }

    private Optional<ClusterStatus> read(String cluster, String head) {
        Path file = workspace.statusFile(cluster);
        if (head.isEmpty() || !Files.exists(file)) {
            return Optional.empty();
        }
        try {
            // octets: Jackson decodes them faster than a reader does, and this is most of what `kindling status` does
            byte[] kept = Files.readAllBytes(file);
            byte[] expected = (firstLine(head) + "\n").getBytes(StandardCharsets.UTF_8);
            return kept.length > expected.length
                    && Arrays.equals(kept, 0, expected.length, expected, 0, expected.length)
                            ? Optional.of(Kept.READER.<ClusterStatus>readValue(kept, expected.length,
                                    kept.length - expected.length))
                            : Optional.empty();
        } catch (IOException | RuntimeException e) {
            LOG.debug("{} is of no use; the journal tells the same", file, e);
            return Optional.empty();
        }
    }

    /** Best effort: without the file, everything works and takes longer. */
    private void keep(String cluster, String head, ClusterStatus status) {
        Path file = workspace.statusFile(cluster);
        try {
            Path aside = Files.createTempFile(workspace.directory(), cluster, ".status",
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            try {
                Files.writeString(aside, firstLine(head) + "\n" + Kept.JSON.writeValueAsString(status));
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(aside);
            }
        } catch (IOException e) {
            LOG.debug("{} cannot be written", file, e);
        }
    }

    private static String firstLine(String head) throws IOException {
        return "kindling status 2, journal " + head + ", build " + build();
    }

    /** Another build may fold the same records to another status. */
    private static String build() throws IOException {
        try {
            Path code = Path.of(StatusFold.class.getProtectionDomain().getCodeSource().getLocation().toURI());
            return Files.size(code) + "/" + Files.getLastModifiedTime(code).toMillis();
        } catch (URISyntaxException e) {
            throw new IOException("the place of this program cannot be named", e);
        }
    }
}
