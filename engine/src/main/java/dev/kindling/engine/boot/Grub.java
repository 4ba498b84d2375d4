package dev.kindling.engine.boot;

import dev.kindling.engine.boot.BootAssets.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Boot loaders built with the grub-mkimage of the operating system. */
final class Grub {
    private Grub() {}

    /** See {@link BootAssets#localBootEfi}. */
    static Path localBootEfi(BootAssets assets) throws IOException {
        return build(assets, "localboot.efi", "x86_64-efi", Source.GRUB_EFI, "/none",
                List.of("part_gpt", "fat", "search", "search_label", "chain", "boot", "echo", "sleep", "reboot", "test",
                        "minicmd", "normal"));
    }

    /**
     * @param name of the file; its embedded configuration is the guest file of the same name with {@code .cfg}
     */
    static Path build(BootAssets assets, String name, String format, Source directory, String prefix,
            List<String> modules) throws IOException {
        return build(assets, name, format, directory, prefix, modules, GuestFiles.bytes(name + ".cfg"));
    }

    /**
     * As above.
     *
     * @param config to embed
     */
    static Path build(BootAssets assets, String name, String format, Source directory, String prefix,
            List<String> modules, byte[] config) throws IOException {
        Path grub = assets.file(directory).resolveSibling("");
        Path program = assets.file(Source.GRUB_MKIMAGE);
        String key = Hashes
                .of(String.join("\n", Hashes.of(program), Hashes.of(assets.file(directory)), Hashes.of(config),
                        format, prefix, String.join(" ", modules)))
                .substring(0, 16);
        return assets.images().get(key + "/" + name, aside -> {
            Path embedded = aside.resolveSibling("." + name + ".cfg");
            Files.write(embedded, config);
            List<String> command = new java.util.ArrayList<>(List.of(program.toString(), "-O", format, "-d",
                    grub.toString(), "-o", aside.toString(), "-c", embedded.toString(), "-p", prefix));
            command.addAll(modules);
            Command.run(assets.cache(), command);
            Files.delete(embedded);
        });
    }
}
