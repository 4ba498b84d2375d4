package dev.kindling.engine;

import dev.kindling.engine.api.Kindling;
import dev.kindling.engine.secret.Keys;
import dev.kindling.engine.secret.Secret;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * Where everything of an operator's clusters lies; nobody else may look into it.
 *
 * @param environment KINDLING_KEY_FILE, KINDLING_CACHE and the XDG variables say where what is shared lies
 */
record Workspace(Path directory, Map<String, String> environment) {
    private static final String STATUS = ".status.json";

    static Workspace open(Path directory, Map<String, String> environment) throws IOException {
        Path absolute = directory.toAbsolutePath().normalize();
        if (!Files.isDirectory(absolute)) {
            Files.createDirectories(absolute);
            Files.setPosixFilePermissions(absolute, PosixFilePermissions.fromString("rwx------"));
        }
        return new Workspace(absolute, environment);
    }

    /** To look at: nothing is made. */
    static Workspace look(Path directory, Map<String, String> environment) {
        return new Workspace(directory.toAbsolutePath().normalize(), environment);
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
        return directory.resolve(cluster + STATUS);
    }

    /** Whether there is a {@link #statusFile} of any cluster. */
    boolean keepsStatuses() {
        String[] names = directory.toFile().list((_, name) -> name.endsWith(STATUS));
        return names != null && names.length > 0;
    }

    List<Path> reportFiles(String cluster) {
        return List.of(directory.resolve(cluster + "-report.md"), directory.resolve(cluster + "-report.html"));
    }

    /**
     * The key of the secrets: apart from the workspace, so that a copy of that is of no use alone.
     *
     * @param prompt asks a person for a passphrase, where there is one
     */
    Keys keys(Function<String, Optional<Secret>> prompt) {
        return keys(prompt, prompt);
    }

    /** The same; {@code newPrompt} asks where there are no secrets yet. */
    Keys keys(Function<String, Optional<Secret>> prompt, Function<String, Optional<Secret>> newPrompt) {
        return Keys.ofUser(environment, Path.of(System.getProperty("user.home")), prompt, newPrompt);
    }

    /** The next key: a new passphrase may be in a file of its own, {@code KINDLING_NEW_PASSPHRASE_FILE}. */
    Keys newKeys(Function<String, Optional<Secret>> prompt) {
        var next = new java.util.HashMap<>(environment);
        String file = next.remove("KINDLING_NEW_PASSPHRASE_FILE");
        if (file == null) {
            next.remove("KINDLING_PASSPHRASE_FILE");
        } else {
            next.put("KINDLING_PASSPHRASE_FILE", file);
        }
        return Keys.ofUser(next, Path.of(System.getProperty("user.home")), prompt);
    }

    /**
     * Where the user's own templates lie: {@code $XDG_CONFIG_HOME/kindling/templates}, or
     * {@code ~/.config/kindling/templates}, and {@code templates} in the workspace, which counts more.
     */
    List<Path> templates() {
        String configured = environment.getOrDefault("XDG_CONFIG_HOME", "");
        Path base = configured.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".config")
                : Path.of(configured);
        return List.of(base.resolve("kindling").resolve("templates"), directory.resolve("templates"));
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

    /** What a process of a run is told, so that it works on the same state with the same key. */
    Map<String, String> settings() {
        var settings = new java.util.TreeMap<>(environment);
        settings.keySet().removeIf(name -> !name.startsWith("KINDLING_"));
        return settings;
    }

    /**
     * How long the lock on a cluster lasts without being renewed, and so how long a run that was stopped keeps others
     * waiting: {@code KINDLING_LOCK_SECONDS}, from 2 to 3600; 15 where it is not given.
     */
    Duration lockLasts() {
        String given = environment.getOrDefault("KINDLING_LOCK_SECONDS", "15");
        try {
            return Duration.ofSeconds(Math.clamp(Long.parseLong(given), 2, 3600));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "KINDLING_LOCK_SECONDS is '" + given + "'; expected a number of seconds from 2 to 3600", e);
        }
    }

    Kindling.Report write(String cluster, Kindling.Report report) throws IOException {
        var written = new ArrayList<Path>();
        List<String> texts = List.of(report.markdown(), report.html());
        for (Path file : reportFiles(cluster)) {
            // a name of its own: a run that ends and somebody who asks for the report may write it at once
            Path aside = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".new");
            try {
                Files.writeString(aside, texts.get(written.size()));
                try {
                    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                } catch (AtomicMoveNotSupportedException e) {
                    Files.move(aside, file, StandardCopyOption.REPLACE_EXISTING);
                }
            } finally {
                Files.deleteIfExists(aside);
            }
            written.add(file);
        }
        return new Kindling.Report(report.markdown(), report.html(), report.json(), written);
    }
}
