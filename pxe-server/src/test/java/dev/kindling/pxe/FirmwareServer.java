package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Mode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The boot service for {@link FirmwareMatrixTest}, in a process of its own: one directory, a loader for each kind of
 * firmware, and a place where a machine that has booted reports by HTTP POST.
 *
 * <p>
 * Arguments: {@code MODE ROOT LINK FIRMWARE=FILE...}, the LINK as {@link LabServer} takes it, FIRMWARE as in
 * {@link Firmware}, or HTTP for what UEFI HTTP Boot loads, or IPXE for the script. Where the LINK is that of
 * {@link FirmwareLab#LINK6}, there is boot over IPv6 only.
 */
final class FirmwareServer implements BootSource {
    private final Path root;
    private final Map<String, String> loaders;

    private FirmwareServer(Path root, Map<String, String> loaders) {
        this.root = root;
        this.loaders = Map.copyOf(loaders);
    }

    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        var loaders = new HashMap<String, String>();
        for (String word : words.subList(3, words.size())) {
            loaders.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        }
        var config = words.get(2).equals(FirmwareLab.LINK6)
                ? PxeConfig.of(List.of(), Mode.NONE).withLinks6(List.of(FirmwareLab.link6()))
                : PxeConfig.of(List.of(LabServer.link(words.get(2))), Mode.valueOf(words.get(0)))
                        .withIpv6Absence(true);
        LabServer.runUntilInputEnds(config, new FirmwareServer(Path.of(words.get(1)), loaders));
    }

    @Override
    public Answer answer(Client client) {
        String key = switch (client.agent()) {
            case FIRMWARE_PXE -> client.firmware().name();
            case FIRMWARE_HTTP -> "HTTP";
            case IPXE -> "IPXE";
            case OPERATING_SYSTEM -> "OPERATING_SYSTEM";
        };
        String file = loaders.get(key);
        boolean byUrl = client.agent() != Agent.FIRMWARE_PXE;
        return new Answer.Lease(null, null, file != null && byUrl ? client.httpUrl(file) : file);
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        Path file = root.resolve(fetch.path());
        return Files.isRegularFile(file) ? Optional.of(BootFile.file(file)) : Optional.empty();
    }

    @Override
    public Reply post(Post post) {
        System.out.println("Posted " + post.mac() + " " + post.path() + ": " + post.body());
        return new Reply(200, "");
    }
}
