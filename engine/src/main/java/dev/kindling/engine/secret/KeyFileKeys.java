package dev.kindling.engine.secret;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys in a key file, one a line, the newest first. Several workspaces may share the file: each finds its own key
 * by trying.
 */
final class KeyFileKeys {
    private static final String PREFIX = "kindling-key-1 ";

    private KeyFileKeys() {}

    /** All keys; none where there is no file. */
    static List<byte[]> read(Path file) throws IOException {
        List<String> lines;
        try {
            lines = Files.readString(file, StandardCharsets.ISO_8859_1).strip().lines().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
        if (AtomicFile.openToOthers(file)) {
            throw new SecretsLocked("secrets-key-exposed", file.toString(),
                    "the key file " + file + " can be read or written by others", "mode 0600", "chmod 600 " + file);
        }
        List<byte[]> keys = new ArrayList<>();
        for (String line : lines) {
            byte[] key = line.startsWith(PREFIX) ? SecretStore.decode(line.substring(PREFIX.length())) : new byte[0];
            if (key.length == 32) {
                keys.add(key);
            } else {
                throw invalid(file);
            }
        }
        if (keys.isEmpty()) {
            throw invalid(file);
        }
        return keys;
    }

    private static SecretsLocked invalid(Path file) {
        return new SecretsLocked("secrets-key-invalid", file.toString(), file + " is no key file of Kindling",
                "lines that begin with '" + PREFIX.strip() + "'", "put the key file back from a copy");
    }

    static byte[] firstOrMade(Path file, SecureRandom random) throws IOException {
        List<byte[]> existing = read(file);
        if (!existing.isEmpty()) {
            return existing.getFirst();
        }
        AtomicFile.directory(AtomicFile.parent(file));
        byte[] made = made(random);
        try {
            AtomicFile.create(file, text(List.of(made)));
            return made;
        } catch (FileAlreadyExistsException e) {
            // Another process made it at the same moment.
            return read(file).getFirst();
        }
    }

    /** Puts a new key before the others. */
    static byte[] add(Path file, SecureRandom random) throws IOException {
        byte[] made = made(random);
        Place.file(file).change(_ -> {
            List<byte[]> keys = new ArrayList<>(read(file));
            keys.addFirst(made);
            return text(keys);
        });
        return made;
    }

    private static byte[] made(SecureRandom random) {
        byte[] made = new byte[32];
        random.nextBytes(made);
        return made;
    }

    private static byte[] text(List<byte[]> keys) {
        var text = new StringBuilder();
        keys.forEach(key -> text.append(PREFIX).append(SecretStore.encode(key)).append('\n'));
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
