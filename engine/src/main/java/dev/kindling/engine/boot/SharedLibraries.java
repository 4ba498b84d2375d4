package dev.kindling.engine.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which files a dynamically linked program needs. */
final class SharedLibraries {
    private static final List<String> DIRECTORIES = List.of("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64",
            "usr/lib64", "lib", "usr/lib");

    private SharedLibraries() {}

    /**
     * The program, its loader and its libraries, each by the path that the loader looks at.
     *
     * @throws IOException where a library is not found
     */
    static List<Path> closure(Path root, Path program) throws IOException {
        Set<Path> found = new LinkedHashSet<>();
        Deque<Path> todo = new ArrayDeque<>(List.of(program));
        while (!todo.isEmpty()) {
            Path file = todo.remove();
            if (!found.add(file)) {
                continue;
            }
            Elf elf = Elf.read(file);
            elf.interpreter().ifPresent(loader -> todo.add(root.resolve(loader.substring(1))));
            for (String library : elf.needed()) {
                todo.add(find(root, library, file));
            }
        }
        return List.copyOf(found);
    }

    private static Path find(Path root, String library, Path neededBy) throws IOException {
        for (String directory : DIRECTORIES) {
            Path file = root.resolve(directory).resolve(library);
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        throw new IOException(neededBy + " needs " + library + ", which is in none of " + DIRECTORIES);
    }
}
