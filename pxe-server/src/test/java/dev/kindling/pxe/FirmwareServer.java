package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.ProxyOffer;
import dev.kindling.pxe.PxeConfig.Subnet;
import dev.kindling.pxe.standalone.BootSettings;
import dev.kindling.pxe.standalone.RootDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The boot service for {@link FirmwareMatrixTest}, in a process of its own: one directory, a loader for each kind of
 * firmware, and a place where a machine that has booted reports by HTTP POST.
 *
 * <p>
 * Arguments: {@code MODE ROOT LINK FIRMWARE=FILE...}, the LINK as {@link LabServer} takes it, FIRMWARE as in
 * {@link Firmware}, or HTTP for what UEFI HTTP Boot loads, or IPXE for the script; OFFER=FORM for ProxyDHCP. The
 * network behind {@link FirmwareLab}'s relay agent is served too; where the LINK is that of {@link FirmwareLab#LINK6},
 * there is boot over IPv6 only. With KERNEL=FILE the boot source is the one of {@code kindling pxe serve}, with that
 * kernel.
 */
final class FirmwareServer implements BootSource {
    private final Path root;
    private final Map<String, String> loaders;

    private final @Nullable RootDirectory standalone;

    private FirmwareServer(Path root, Map<String, String> loaders, Link link) throws IOException {
        this.root = root;
        this.loaders = Map.copyOf(loaders);
        String kernel = loaders.get("KERNEL");
        var settings = new BootSettings(null, loaders.get("UEFI_X64"), null, null, null, null, kernel,
                List.of("amd64/initrd.gz"), "console=ttyS0" + BootTree.ARGUMENTS);
        this.standalone = kernel == null ? null : new RootDirectory(root, settings, List.of(link), List.of(), () -> 80);
    }

    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        var loaders = new HashMap<String, String>();
        for (String word : words.subList(3, words.size())) {
            loaders.put(word.substring(0, word.indexOf('=')), word.substring(word.indexOf('=') + 1));
        }
        boolean ipv6 = words.get(2).equals(FirmwareLab.LINK6);
        Link link = LabServer.link(ipv6 ? FirmwareLab.LINK : words.get(2));
        var config = ipv6
                ? PxeConfig.of(List.of(), Mode.NONE).withLinks6(List.of(FirmwareLab.link6()))
                : PxeConfig.of(List.of(link), Mode.valueOf(words.get(0))).withIpv6Absence(true)
                        .withRelayed(List.of(Subnet.of(InetAddress.ofLiteral("10.78.0.1"), 24)
                                .withRange(InetAddress.ofLiteral("10.78.0.100"), InetAddress.ofLiteral("10.78.0.199"))
                                .withRouter(InetAddress.ofLiteral("10.78.0.1"))))
                        .withProxyOffer(ProxyOffer.valueOf(loaders.getOrDefault("OFFER", "BY_FIRMWARE")));
        LabServer.runUntilInputEnds(config, new FirmwareServer(Path.of(words.get(1)), loaders, link));
    }

    @Override
    public Answer answer(Client client) {
        if (standalone != null) {
            return standalone.answer(client);
        }
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
        if (standalone != null) {
            return standalone.open(fetch);
        }
        Path file = root.resolve(fetch.path());
        return Files.isRegularFile(file) ? Optional.of(BootFile.file(file)) : Optional.empty();
    }

    @Override
    public Reply post(Post post) {
        System.out.println("Posted " + post.mac() + " " + post.path() + ": " + post.body());
        return new Reply(200, "");
    }
}
