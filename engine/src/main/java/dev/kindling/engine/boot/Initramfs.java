package dev.kindling.engine.boot;

import dev.kindling.engine.boot.BootAssets.Source;
import dev.kindling.iso.archive.CpioWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** What the stage and the installed system have in common: busybox, kernel modules, scripts. */
final class Initramfs {
    /** Changes when this class lays out an image differently, so that no older one of the cache is used. */
    static final String LAYOUT = "2";

    private Initramfs() {}

    /** Adds what only one of the images has. */
    interface Extra {
        void writeTo(CpioWriter archive) throws IOException;
    }

    static void write(Path file, BootAssets assets, KernelModules.Selection modules, String init, List<String> scripts,
            Extra extra) throws IOException {
        try (OutputStream out = new FastGzip(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16));
                CpioWriter archive = new CpioWriter(out, Instant.EPOCH)) {
            for (String directory : List.of("bin", "dev", "etc", "lib", "lib/kindling", "proc", "run", "sbin", "sys")) {
                archive.directory(directory, 0755);
            }
            archive.directory("root", 0700);
            archive.directory("tmp", 01777);
            // The kernel opens it for init before anything is mounted.
            archive.characterDevice("dev/console", 0600, 5, 1);
            archive.file("bin/busybox", 0755, assets.file(Source.BUSYBOX));
            for (String applet : applets(assets)) {
                archive.symlink("bin/" + applet, "busybox");
            }
            // Where the kernel looks when it needs a module itself, for a file system for example.
            archive.symlink("sbin/modprobe", "../bin/busybox");
            archive.file("init", 0755, GuestFiles.bytes(init));
            for (String script : scripts) {
                archive.file("lib/kindling/" + script, 0755, GuestFiles.bytes(script));
            }
            modules.writeTo(archive);
            extra.writeTo(archive);
        }
    }

    private static Set<String> applets(BootAssets assets) throws IOException {
        Set<String> applets = new TreeSet<>(
                Command.run(assets.cache(), List.of(assets.file(Source.BUSYBOX).toString(), "--list")).lines()
                        .toList());
        applets.remove("busybox");
        return applets;
    }

    /** A machine unpacks either in the same time, and the stage is built while somebody waits. */
    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
