package dev.kindling.desktop;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The user's choice of appearance, in a small file. A file that cannot be read or written is not worth a failure. */
final class SettingsFile {
    private final Logger log = LoggerFactory.getLogger(SettingsFile.class);
    private final Path file;

    SettingsFile(Path file) {
        this.file = file;
    }

    /** In the place that the XDG Base Directory Specification names for configuration. */
    static SettingsFile ofUser(Map<String, String> environment, String home) {
        String base = environment.getOrDefault("XDG_CONFIG_HOME", "");
        Path directory = base.isEmpty() ? Path.of(home, ".config") : Path.of(base);
        return new SettingsFile(directory.resolve("kindling").resolve("desktop.properties"));
    }

    Appearance load() {
        Properties properties = new Properties();
        if (Files.exists(file)) {
            try (Reader reader = Files.newBufferedReader(file)) {
                properties.load(reader);
                return new Appearance(
                        Appearance.Theme.valueOf(properties.getProperty("theme", "system").toUpperCase(Locale.ROOT)),
                        Integer.parseInt(properties.getProperty("scale", "100")),
                        Boolean.parseBoolean(properties.getProperty("high-contrast", "false")));
            } catch (IOException | IllegalArgumentException e) {
                log.warn("{} cannot be used, going on with the defaults: {}", file, e.toString());
            }
        }
        return Appearance.DEFAULT;
    }

    /** @param latest asked when its turn comes: choices that follow each other closely may come in another order */
    synchronized void save(Supplier<Appearance> latest) {
        Appearance appearance = latest.get();
        Properties properties = new Properties();
        properties.setProperty("theme", appearance.theme().name().toLowerCase(Locale.ROOT));
        properties.setProperty("scale", Integer.toString(appearance.scale()));
        properties.setProperty("high-contrast", Boolean.toString(appearance.highContrast()));
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            try (Writer writer = Files.newBufferedWriter(file)) {
                properties.store(writer, "Kindling desktop");
            }
        } catch (IOException e) {
            log.warn("{} cannot be written, the choice holds for this session: {}", file, e.toString());
        }
    }
}
