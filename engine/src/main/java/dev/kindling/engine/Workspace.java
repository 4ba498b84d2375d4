package dev.kindling.engine;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.secret.KeySource;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where everything of an operator's clusters lies; nobody else may look into it.
 *
 * @param environment KINDLING_KEY_FILE, KINDLING_CACHE and the XDG variables say where what is shared lies
 */
record Workspace(Path directory, Map<String, String> environment) {
    static Workspace open(Path directory, Map<String, String> environment) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            Files.createDirectories(absolute);
            Files.setPosixFilePermissions(absolute, PosixFilePermissions.fromString("rwx------"));
        }
        return new Workspace(absolute, environment);
    }

    /** Disks and consoles of virtual and simulated machines. */
    Path rack(String cluster) {
        return directory.resolve("rack").resolve(cluster);
    }

    Path leases(String cluster) {
        return directory.resolve(cluster + ".leases");
    }

    Path secrets() {
        return directory.resolve("secrets");
    }

    Path runnerLog(String cluster) {
        return directory.resolve(cluster + ".runner.log");
    }

    /** The status after the newest record, so that a long journal need not be read; may be deleted at any time. */
    Path statusFile(String cluster) {
        return directory.resolve(cluster + ".status.json");
    }

    List<Path> reportFiles(String cluster) {
        return List.of(directory.resolve(cluster + "-report.md"), directory.resolve(cluster + "-report.html"));
    }

    /** The key of the secrets: apart from the workspace, so that a copy of that is of no use alone. */
    KeySource key() {
        String configured = environment.get("KINDLING_KEY_FILE");
        return configured != null
                ? new KeySource.KeyFile(Path.of(configured))
                : KeySource.userKeyFile(environment, Path.of(System.getProperty("user.home")));
    }

    /**
     * Boot files are shared by all workspaces of a user: {@code $XDG_CACHE_HOME/kindling}, or
     * {@code ~/.cache/kindling}.
     */
    Path assetCache() {
        return Optional.ofNullable(environment.get("KINDLING_CACHE")).map(Path::of)
                .or(() -> Optional.ofNullable(environment.get("XDG_CACHE_HOME")).map(base -> Path.of(base, "kindling")))
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "kindling"));
    }

    Kindling.Report write(String cluster, Kindling.Report report) throws IOException {
        var written = new ArrayList<Path>();
        List<String> texts = List.of(report.markdown(), report.html());
        for (Path file : reportFiles(cluster)) {
            Path aside = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(aside, texts.get(written.size()));
            try {
                Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
            }
            written.add(file);
        }
        return new Kindling.Report(report.markdown(), report.html(), written);
    }
}
