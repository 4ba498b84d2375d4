package dev.kindling.engine.boot;

import dev.kindling.engine.boot.BootAssets.Kernel;
import dev.kindling.engine.boot.BootAssets.Progress;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Debian's kernel, downloaded by apt, which checks the archive's signature, and unpacked without being installed. A
 * package file put into the cache directory by hand is used where apt has nothing.
 */
final class KernelPackage {
    private static final Pattern DEPENDS = Pattern.compile("Depends: (linux-image-\\S+)");
    /** {@code apt-get download --print-uris}: URL, file, bytes, hash. */
    private static final Pattern URI_LINE = Pattern
            .compile("'([^']+)' (\\S+\\.deb) (\\d+)(?: SHA256:(\\p{XDigit}{64}))?");
    private static final Pattern VERSION = Pattern.compile("_([^_]+)_[^_]+\\.deb$");

    private KernelPackage() {}

    /** There is no kernel, and none can be had. */
    static final class Unavailable extends Exception {
        @Serial
        private static final long serialVersionUID = 1;

        Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    static Kernel prepare(CacheDirectory cache, String metaPackage, Progress progress) throws IOException, Unavailable {
        Files.createDirectories(cache.path());
        String archive;
        try {
            archive = download(cache, metaPackage, progress);
        } catch (IOException e) {
            archive = newest(cache.path(), metaPackage).orElseThrow(() -> new Unavailable(e.getMessage() + "; and "
                    + cache.path() + " holds no package file of it", e));
        }
        return unpack(cache, archive, progress);
    }

    /** Name of the downloaded package file in the cache. */
    private static String download(CacheDirectory cache, String metaPackage, Progress progress) throws IOException {
        String depends = Command.run(cache.path(), List.of("apt-cache", "depends", metaPackage));
        Matcher kernel = DEPENDS.matcher(depends);
        if (!kernel.find()) {
            throw new IOException("apt knows no package " + metaPackage + " (apt-get update may help)");
        }
        // Where the file is there already, apt says nothing: ask from another directory.
        String uris = Command.run(cache.path().resolveSibling(""),
                List.of("apt-get", "download", "--print-uris", kernel.group(1)));
        Matcher uri = URI_LINE.matcher(uris);
        if (!uri.find()) {
            throw new IOException("apt does not say where to get " + kernel.group(1));
        }
        String file = uri.group(2).replace("%3a", "%3A");
        long bytes = Long.parseLong(uri.group(3));
        String sha256 = uri.group(4);
        cache.get(file, aside -> {
            Path directory = aside.resolveSibling("." + file + ".download");
            CacheDirectory.deleteTree(directory);
            Files.createDirectory(directory);
            progress.at(file, 0, bytes);
            Command.bytes(directory, List.of("apt-get", "download", "-o", "APT::Sandbox::User=root", kernel.group(1)),
                    () -> progress.at(file, size(directory), bytes));
            progress.at(file, bytes, bytes);
            Path arrived = only(directory, ".deb");
            if (sha256 != null && !Hashes.of(arrived).equalsIgnoreCase(sha256)) {
                throw new IOException(file + " arrived with another SHA-256 than apt names");
            }
            Files.move(arrived, aside, StandardCopyOption.ATOMIC_MOVE);
            CacheDirectory.deleteTree(directory);
        });
        return file;
    }

    private static Kernel unpack(CacheDirectory cache, String archive, Progress progress) throws IOException {
        String identity = Hashes.of(cache.path().resolve(archive));
        Path tree = cache.get(archive.replaceFirst("\\.deb$", "") + "-" + identity.substring(0, 12), aside -> {
            progress.at("unpacking " + archive, 0, -1);
            Command.run(cache.path(), List.of("dpkg-deb", "-x", archive, aside.toString()));
            only(aside.resolve("boot"), "vmlinuz-");
        });
        Path image = only(tree.resolve("boot"), "vmlinuz-");
        // Since Debian 13, packages have their files below /usr only.
        Path modules = Files.isDirectory(tree.resolve("lib/modules"))
                ? tree.resolve("lib/modules")
                : tree.resolve("usr/lib/modules");
        String release = String.valueOf(image.getFileName()).substring("vmlinuz-".length());
        return new Kernel(image, modules.resolve(release), release, identity, cache.path().resolve(archive));
    }

    private static Path only(Path directory, String part) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> found = files.filter(file -> String.valueOf(file.getFileName()).contains(part)).toList();
            if (found.size() != 1) {
                throw new IOException("expected one file '" + part + "' in " + directory + ", found " + found);
            }
            return found.getFirst();
        }
    }

    private static Optional<String> newest(Path directory, String metaPackage) throws IOException {
        boolean cloud = metaPackage.contains("-cloud-");
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.startsWith("linux-image-") && name.endsWith(".deb"))
                    .filter(name -> name.contains("-cloud-") == cloud)
                    .max(Comparator.comparing(KernelPackage::version));
        }
    }

    /** Sortable: numbers get the same width. */
    private static String version(String file) {
        Matcher version = VERSION.matcher(file);
        return Pattern.compile("\\d+").matcher(version.find() ? version.group(1) : file)
                .replaceAll(number -> "0".repeat(Math.max(0, 12 - number.group().length())) + number.group());
    }

    private static long size(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
        } catch (IOException e) {
            // The file is being renamed; the next call sees it.
            return 0;
        }
    }
}
