package dev.kindling.desktop;

import java.nio.file.Path;
import java.util.Optional;

/** Asks the user for files. Called on the JavaFX thread. */
interface FileDialogs {
    /** Where to write; empty: the user thought better of it. */
    Optional<Path> save(String title, String suggestedName);

    /** What to read; empty: the user thought better of it. */
    Optional<Path> open(String title);
}
