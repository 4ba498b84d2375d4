package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.engine.boot.BootAssets.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The primer's system, as squashfs layers: Debian's programs and the kernel's modules, a Java runtime, Kindling. Each
 * is made once for what goes into it and kept in the cache, so that a change of Kindling costs seconds. No root is
 * needed: packages are unpacked, not installed, and everything belongs to root in the image.
 */
final class PrimerLayers {
    /** Time stamp of everything: same inputs, same bytes. */
    static final Instant TIMESTAMP = Instant.parse("2026-01-01T00:00:00Z");
    /** Where Kindling is in the primer. */
    static final String HOME = "usr/lib/kindling";
    /** Changes when this class lays out a layer differently, so that no older one of the cache is used. */
    private static final String LAYOUT = "4";
    /** Longer than any build takes. */
    private static final Duration GRACE = Duration.ofHours(1);
    private static final Duration LONG_UNUSED = Duration.ofDays(7);
    /** {@code apt-get --print-uris}: URL, file, bytes, hash where the archive has one of the kind that apt prints. */
    private static final Pattern URI_LINE = Pattern.compile("'[^']+' (\\S+\\.deb) (\\d+) ?(\\S*)");
    /** Nobody reads these at a console of the primer. */
    private static final List<String> LEFT_OUT = List.of("./usr/share/doc", "./usr/share/man", "./usr/share/locale",
            "./usr/share/info", "./usr/share/perl", "./usr/share/perl5", "./usr/lib/x86_64-linux-gnu/perl",
            "./usr/share/lintian", "./usr/share/bug", "./usr/share/grub/themes", "./usr/lib/locale", "./etc/init.d",
            "./usr/games", "./usr/share/zoneinfo");
    /** The modules of everything that neither boots, nor stores, nor talks to a network. */
    private static final List<String> MODULES_LEFT_OUT = List.of("sound", "drivers/media", "drivers/gpu",
            "drivers/staging", "drivers/isdn", "drivers/video", "drivers/iio", "drivers/comedi",
            "drivers/net/wireless", "net/wireless", "net/mac80211", "net/bluetooth", "drivers/bluetooth",
            "drivers/infiniband", "drivers/input/joystick", "drivers/input/touchscreen", "net/sctp", "fs/ocfs2",
            "fs/gfs2", "fs/reiserfs", "fs/jfs");
    private static final List<String> JAVA_MODULES = List.of("java.se", "jdk.unsupported", "jdk.crypto.ec",
            "jdk.crypto.cryptoki", "jdk.zipfs", "jdk.net", "jdk.management", "jdk.naming.dns", "jdk.httpserver");
    private static final List<String> SCRIPTS = List.of("lib.sh", "udhcpc.sh", "primer-lib.sh", "primer-start.sh",
            "primer-auto.sh", "primer-consoles.sh", "primer-console.sh", "primer-stop.sh", "inventory.sh");
    /** From an unpacked package file into the tree; {@code /bin} and the like are links there. */
    private static final String UNPACK = """
            set -e; tree=$1; shift; excludes=$1; shift
            for package; do
                dpkg-deb --fsys-tarfile "$package" | tar -x -C "$tree" --keep-directory-symlink --no-same-owner -X "$excludes"
            done""";

    private final BootAssets assets;
    private final CacheDirectory cache;
    private final Progress progress;

    PrimerLayers(BootAssets assets, Progress progress) {
        this.assets = assets;
        this.cache = new CacheDirectory(assets.cache().resolve("primer"));
        this.progress = progress;
    }

    /** Debian's programs and the kernel's modules. */
    Path debian(List<String> morePackages) throws IOException {
        List<String> packages = new ArrayList<>(GuestFiles.list("primer-packages.txt"));
        packages.addAll(morePackages);
        Path archives = cache.path().resolve("archives");
        Files.createDirectories(archives.resolve("partial"));
        Path nothing = cache.path().resolve("no-packages");
        Files.write(nothing, new byte[0]);
        Path elsewhere = cache.path().resolve("nowhere");
        Files.createDirectories(elsewhere.resolve("partial"));
        // Where the files are there already, apt does not tell them: asked for another directory, it tells all.
        String told = Command.run(cache.path(), apt(nothing, elsewhere, "--print-uris", packages));
        Map<String, Long> files = new LinkedHashMap<>();
        StringBuilder inputs = new StringBuilder("debian " + LAYOUT + "\n" + assets.kernelFiles().identity() + "\n"
                + LEFT_OUT + MODULES_LEFT_OUT + "\n");
        told.lines().sorted().forEach(line -> {
            Matcher matcher = URI_LINE.matcher(line);
            if (matcher.matches()) {
                files.put(matcher.group(1), Long.parseLong(matcher.group(2)));
                inputs.append(matcher.group(1)).append(' ').append(matcher.group(3)).append('\n');
            }
        });
        if (files.isEmpty()) {
            throw new IOException("apt does not tell where the primer's packages are; sudo apt-get update may help");
        }
        Path layer = layer("debian-" + Hashes.of(inputs.toString()).substring(0, 16) + ".squashfs", aside -> {
            long total = files.values().stream().mapToLong(Long::longValue).sum();
            Command.bytes(cache.path(), apt(nothing, archives, "--download-only", packages),
                    () -> progress.at("Debian packages", Math.min(total, bytes(archives)), total));
            progress.at("unpacking " + files.size() + " Debian packages", 0, -1);
            Path tree = emptyTree(aside);
            unpack(tree, files.keySet().stream().map(archives::resolve).toList());
            addModules(tree);
            squash(tree, aside, 12);
        });
        for (String each : files.keySet()) {
            Path archive = archives.resolve(each);
            if (Files.exists(archive)) {
                Files.setLastModifiedTime(archive, FileTime.from(Instant.now()));
            }
        }
        return layer;
    }

    private Path layer(String name, CacheDirectory.Maker maker) throws IOException {
        Path layer = cache.get(name, maker);
        cache.used(name);
        return layer;
    }

    /** What becomes a layer is put together in a place of its own: another process may make another layer meanwhile. */
    private static Path emptyTree(Path aside) throws IOException {
        Path place = aside.resolveSibling("tree-of" + aside.getFileName());
        CacheDirectory.deleteTree(place);
        return Files.createDirectories(place.resolve("tree"));
    }

    /**
     * Removes what older builds left in the cache. The layers of this build and of the one before stay, and what
     * another build may be at.
     */
    void prune(CacheDirectory images) throws IOException {
        for (String kind : List.of("debian-[0-9a-f]+\\.squashfs", "java-[0-9a-f]+\\.squashfs", "java-[0-9a-f]+",
                "kindling-[0-9a-f]+\\.squashfs")) {
            cache.prune(kind, 2, GRACE);
        }
        images.prune("primer-[0-9a-f]+\\.img", 2, GRACE);
        // trees of builds that were killed
        cache.prune("medium-\\d+|tree-of\\..+", 0, LONG_UNUSED);
        new CacheDirectory(cache.path().resolve("archives")).prune(".+\\.deb", 0, LONG_UNUSED);
        new CacheDirectory(cache.path().resolve("jars")).prune(".+\\.jar", 0, LONG_UNUSED);
    }

    /** Resolves against no installed package at all: what comes out is everything that is needed. */
    private static List<String> apt(Path status, Path archives, String what, List<String> packages) {
        List<String> command = new ArrayList<>(List.of("apt-get", "install", what, "-qq", "-y",
                "--no-install-recommends", "-o", "Dir::State::status=" + status, "-o",
                "Dir::Cache::archives=" + archives, "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache=",
                "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root"));
        command.addAll(packages);
        return command;
    }

    private static void unpack(Path tree, List<Path> packages) throws IOException {
        for (String each : List.of("bin", "sbin", "lib", "lib64")) {
            Files.createDirectories(tree.resolve("usr").resolve(each));
            Files.createSymbolicLink(tree.resolve(each), Path.of("usr", each));
        }
        Path excludes = tree.resolveSibling("excludes");
        Files.write(excludes, LEFT_OUT);
        List<String> command = new ArrayList<>(List.of("sh", "-c", UNPACK, "sh", tree.toString(), excludes.toString()));
        packages.forEach(each -> command.add(each.toString()));
        Command.run(tree, command);
        // What the packages' own scripts would do at installation.
        for (String name : List.of("passwd", "group")) {
            Files.copy(tree.resolve("usr/share/base-passwd/" + name + ".master"), tree.resolve("etc/" + name));
        }
        Path certificates = tree.resolve("etc/ssl/certs/ca-certificates.crt");
        Files.createDirectories(certificates.resolveSibling(""));
        StringBuilder all = new StringBuilder();
        try (Stream<Path> walk = Files.walk(tree.resolve("usr/share/ca-certificates"))) {
            for (Path each : walk.filter(Files::isRegularFile).sorted().toList()) {
                all.append(Files.readString(each).strip()).append('\n');
            }
        }
        Files.writeString(certificates, all);
        Files.writeString(tree.resolve("etc/nsswitch.conf"),
                "passwd: files\ngroup: files\nhosts: files dns\nnetworks: files\n");
        Files.createSymbolicLink(tree.resolve("etc/mtab"), Path.of("/proc/self/mounts"));
        for (String each : List.of("medium", "var/lib/kindling/state", "var/cache/kindling/kernel", "var/log")) {
            Files.createDirectories(tree.resolve(each));
        }
    }

    private void addModules(Path tree) throws IOException {
        BootAssets.Kernel kernel = assets.kernelFiles();
        Path modules = tree.resolve("usr/lib/modules/" + kernel.release());
        Files.createDirectories(modules.resolveSibling(""));
        Command.run(tree, List.of("cp", "-r", kernel.modules().toString(), modules.toString()));
        for (String each : MODULES_LEFT_OUT) {
            CacheDirectory.deleteTree(modules.resolve("kernel").resolve(each));
        }
        Command.run(tree, List.of("depmod", "-b", tree.toString(), kernel.release()));
        // The primer serves the same kernel to the machines of its cluster, without asking anybody for it.
        Files.copy(kernel.archive(), tree.resolve("var/cache/kindling/kernel").resolve(kernel.archive().getFileName()));
    }

    /** A Java runtime from the JDK that runs this. */
    Path runtime() throws IOException {
        return layer(runtimeName() + ".squashfs", aside -> {
            Path tree = emptyTree(aside);
            Files.createDirectories(tree.resolve(HOME));
            Command.run(tree, List.of("cp", "-a", runtimeTree().toString(), tree.resolve(HOME + "/java").toString()));
            squash(tree, aside, 12);
        });
    }

    private static String runtimeName() throws IOException {
        Path release = Path.of(System.getProperty("java.home"), "release");
        return "java-" + Hashes.of(LAYOUT + Hashes.of(release) + JAVA_MODULES).substring(0, 16);
    }

    private Path runtimeTree() throws IOException {
        return layer(runtimeName(), aside -> {
            Path jlink = Path.of(System.getProperty("java.home"), "bin", "jlink");
            if (!Files.isExecutable(jlink)) {
                throw new IOException("the Java that runs Kindling has no jlink (" + jlink
                        + "); it must be a whole JDK 25, which KINDLING_JDK can name");
            }
            progress.at("Java runtime", 0, -1);
            Command.run(cache.path(), List.of(jlink.toString(), "--add-modules", String.join(",", JAVA_MODULES),
                    "--strip-debug", "--no-man-pages", "--no-header-files", "--compress=zip-0",
                    "--generate-cds-archive", "--output", aside.toString()));
            touch(aside);
        });
    }

    /**
     * Kindling itself.
     *
     * @param classPath of this process: jars, or directories of classes
     * @param mainClass of the command line
     * @param training arguments of a start whose classes go into the archive of classes
     */
    Path kindling(List<Path> classPath, String mainClass, List<String> training) throws IOException {
        StringBuilder inputs = new StringBuilder("kindling " + LAYOUT + runtimeName() + mainClass + training + "\n");
        Path jars = cache.path().resolve("jars");
        Files.createDirectories(jars);
        List<Path> files = new ArrayList<>();
        for (Path each : classPath) {
            if (Files.isDirectory(each)) {
                files.add(jarOf(each, jars));
            } else if (Files.isRegularFile(each)) {
                files.add(each);
            }
        }
        for (Path each : files) {
            inputs.append(Hashes.of(each)).append('\n');
        }
        for (String each : SCRIPTS) {
            inputs.append(Hashes.of(GuestFiles.bytes(each)));
        }
        inputs.append(Hashes.of(GuestFiles.bytes("primer-inittab")));
        return layer("kindling-" + Hashes.of(inputs.toString()).substring(0, 16) + ".squashfs", aside -> {
            progress.at("Kindling", 0, -1);
            Path tree = emptyTree(aside);
            fill(tree, files, mainClass);
            train(tree, mainClass, training);
            squash(tree, aside, 9);
        });
    }

    private static void fill(Path tree, List<Path> jars, String mainClass) throws IOException {
        Path home = tree.resolve(HOME);
        Files.createDirectories(home.resolve("lib"));
        Files.createDirectories(home.resolve("bin"));
        Files.createDirectories(tree.resolve("etc"));
        List<String> names = new ArrayList<>();
        for (Path jar : jars) {
            // Two jars may have the same name; their order decides which class is found.
            String name = String.format("%02d-%s", names.size(), jar.getFileName());
            Files.copy(jar, home.resolve("lib").resolve(name));
            names.add("/" + HOME + "/lib/" + name);
        }
        for (String each : SCRIPTS) {
            script(home.resolve(each), GuestFiles.bytes(each));
        }
        Files.write(tree.resolve("etc/inittab"), GuestFiles.bytes("primer-inittab"));
        Files.createSymbolicLink(home.resolve("init"), Path.of("/usr/bin/busybox"));
        // Debian's package brings the program without the names of its parts; all others are there as programs
        Files.createSymbolicLink(home.resolve("bin/udhcpc"), Path.of("/usr/bin/busybox"));
        script(home.resolve("bin/kindling"), ("#!/bin/sh\nexec " + String.join(" ", javaCommand("/" + HOME + "/java",
                "-XX:SharedArchiveFile=/" + HOME + "/kindling.jsa", String.join(":", names), mainClass))
                + " \"$@\"\n").getBytes(UTF_8));
    }

    /** The same options for writing the archive of classes and for using it: else the JVM does not take it. */
    private static List<String> javaCommand(String java, String archive, String classPath, String main) {
        return List.of(java + "/bin/java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", archive,
                "-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Xlog:aot=off", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", classPath, main);
    }

    /** Starts Kindling once, and keeps the classes that it loads in the form in which the JVM uses them. */
    private void train(Path tree, String mainClass, List<String> training) throws IOException {
        touch(tree);
        Path lib = tree.resolve(HOME).resolve("lib");
        String classPath;
        try (Stream<Path> jars = Files.list(lib)) {
            classPath = String.join(":", jars.sorted().map(Path::toString).toList());
        }
        List<String> command = new ArrayList<>(javaCommand(runtimeTree().toString(),
                "-XX:ArchiveClassesAtExit=" + tree.resolve(HOME + "/kindling.jsa"), classPath, mainClass));
        command.addAll(training);
        Path workspace = Files.createTempDirectory(cache.path(), ".workspace-");
        try {
            Command.run(tree, command, Map.of("KINDLING_WORKSPACE", workspace.toString()), new byte[0]);
        } finally {
            CacheDirectory.deleteTree(workspace);
        }
    }

    private static void script(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A directory of classes as a jar: when Kindling runs from an IDE or in its tests. */
    private static Path jarOf(Path directory, Path to) throws IOException {
        Path jar = Files.createTempFile(to, "classes-", ".jar");
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.filter(Files::isRegularFile).sorted().toList();
        }
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (Path each : files) {
                byte[] content = Files.readAllBytes(each);
                CRC32 crc = new CRC32();
                crc.update(content);
                ZipEntry entry = new ZipEntry(directory.relativize(each).toString());
                entry.setMethod(ZipEntry.STORED);
                entry.setSize(content.length);
                entry.setCrc(crc.getValue());
                entry.setLastModifiedTime(FileTime.from(TIMESTAMP));
                out.putNextEntry(entry);
                out.write(content);
            }
        }
        Path named = to.resolve(Hashes.of(jar).substring(0, 16) + ".jar");
        return Files.move(jar, named, StandardCopyOption.ATOMIC_MOVE);
    }

    private void squash(Path tree, Path file, int level) throws IOException {
        progress.at("squashing " + file.getFileName().toString().replaceAll("^\\.|\\.part$", ""), 0, -1);
        Files.deleteIfExists(file);
        String time = String.valueOf(TIMESTAMP.getEpochSecond());
        Command.bytes(tree, List.of("mksquashfs", tree.toString(), file.toString(), "-noappend", "-all-root", "-quiet",
                "-no-progress", "-no-exports", "-comp", "zstd", "-Xcompression-level", String.valueOf(level),
                "-mkfs-time", time, "-all-time", time));
        CacheDirectory.deleteTree(tree.resolveSibling(""));
    }

    /** The JVM compares the time stamps of its files with those of the archive. */
    private static void touch(Path tree) throws IOException {
        try (Stream<Path> walk = Files.walk(tree)) {
            for (Path each : walk.toList()) {
                if (!Files.isSymbolicLink(each)) {
                    Files.setLastModifiedTime(each, FileTime.from(TIMESTAMP));
                }
            }
        }
    }

    private static long bytes(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(each -> Files.isRegularFile(each, LinkOption.NOFOLLOW_LINKS))
                    .mapToLong(each -> each.toFile().length()).sum();
        } catch (IOException | java.io.UncheckedIOException e) {
            // A file is being renamed; the next call sees it.
            return 0;
        }
    }
}
