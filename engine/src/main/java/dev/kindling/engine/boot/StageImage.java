package dev.kindling.engine.boot;

import dev.kindling.engine.boot.BootAssets.Source;
import dev.kindling.engine.model.MacAddress;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The stage: the small system that a machine boots over the network. It sends the inventory, asks for its order, and
 * writes the disk (docs/machine-protocol.md). The same for all machines: what differs is on the kernel's command line.
 *
 * @param file an initramfs, to be given to the kernel of the same {@link BootAssets}
 * @param sha256 of the file
 * @param bytes of the file
 */
public record StageImage(Path file, String sha256, long bytes) {
    /** Under this name the boot service offers the file; {@link #kernelArguments} names it. */
    public static final String FILE_NAME = "stage.img";

    private static final List<String> SCRIPTS = List.of("lib.sh", "inventory.sh", "install.sh", "udhcpc.sh");

    /** Builds the image, or takes it from the cache. Same assets, same bytes. */
    public static StageImage build(BootAssets assets) throws IOException {
        StringBuilder inputs = new StringBuilder("stage " + Initramfs.LAYOUT + "\n");
        inputs.append(assets.kernelFiles().identity()).append('\n');
        inputs.append(Hashes.of(assets.file(Source.BUSYBOX))).append('\n');
        for (String name : List.of("stage-init.sh", "stage-modules.txt")) {
            inputs.append(Hashes.of(GuestFiles.bytes(name))).append('\n');
        }
        for (String name : SCRIPTS) {
            inputs.append(Hashes.of(GuestFiles.bytes(name))).append('\n');
        }
        String key = Hashes.of(inputs.toString()).substring(0, 16);
        Path file = assets.images().get("stage-" + key + ".img", aside -> {
            KernelModules.Selection modules = KernelModules.in(assets.kernelFiles().modules())
                    .select(GuestFiles.list("stage-modules.txt"));
            Initramfs.write(aside, assets, modules, "stage-init.sh", SCRIPTS, archive -> {});
        });
        return new StageImage(file, Hashes.of(file), Files.size(file));
    }

    /**
     * The kernel's command line.
     *
     * <p>
     * {@code quiet} keeps the kernel from showing the token on the console; {@code initrd=} is how an EFI kernel finds
     * the file that iPXE loaded.
     *
     * @param url of the boot service, without a trailing slash
     * @param token the machine's stage token, without blanks
     */
    public static String kernelArguments(URI url, MacAddress mac, String token) {
        if (!token.matches("[!-~]+")) {
            throw new IllegalArgumentException("a token has no blanks and no control characters");
        }
        return "initrd=" + FILE_NAME + " quiet panic=30 console=tty0 console=ttyS0,115200 kindling.url=" + url
                + " kindling.mac=" + mac + " kindling.token=" + token;
    }
}
