package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Mode;
import dev.kindling.pxe.PxeConfig.Subnet;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A boot service in a process of its own, so that it can be started in a network namespace. It serves Debian's iPXE
 * binaries, and a script under any other name. Prints {@code READY} and one line for each event; ends when its standard
 * input does.
 *
 * <p>
 * Arguments: {@code MODE LEASEFILE LINK...} with LINK as {@code INTERFACE,ADDRESS,PREFIX,FROM,TO,SECONDS}; - for none.
 */
final class LabServer implements BootSource {
    private LabServer() {}

    public static void main(String[] arguments) throws Exception {
        List<Link> links = List.of(arguments).subList(2, arguments.length).stream().map(LabServer::link).toList();
        runUntilInputEnds(PxeConfig.of(links, Mode.valueOf(arguments[0]))
                .withLeaseFile(arguments[1].equals("-") ? null : Path.of(arguments[1])), new LabServer());
    }

    static Link link(String text) {
        List<String> words = List.of(text.split(",", -1));
        InetAddress address = InetAddress.ofLiteral(words.get(1));
        return new Link(words.get(0), address, Subnet.of(address, Integer.parseInt(words.get(2)))
                .withRange(InetAddress.ofLiteral(words.get(3)), InetAddress.ofLiteral(words.get(4)))
                .withRouter(address).withDns(List.of(address)).withDomain("lab.example")
                .withLeaseTime(Duration.ofSeconds(Long.parseLong(words.get(5)))));
    }

    /** Says READY, then each event on a line; or FAILED and why. */
    static void runUntilInputEnds(PxeConfig config, BootSource source) throws IOException {
        try (var _ = PxeServer.start(config, source,
                event -> System.out.println(event.getClass().getSimpleName() + ' ' + event.mac() + ' ' + event.text()),
                Clock.systemUTC())) {
            System.out.println("READY");
            System.in.transferTo(System.err);
        } catch (IOException e) {
            System.out.println("FAILED " + e.getMessage());
        }
    }

    @Override
    public Answer answer(Client client) {
        String file = Map.of(Firmware.BIOS, "undionly.kpxe", Firmware.UEFI_X64, "snponly.efi")
                .getOrDefault(client.firmware(), "none");
        String url = "http://" + client.server().getHostAddress() + ":" + client.httpPort() + "/";
        return new Answer.Lease(null, null, switch (client.agent()) {
            case FIRMWARE_PXE -> file;
            case FIRMWARE_HTTP -> url + file;
            case IPXE -> url + "boot.ipxe";
            case OPERATING_SYSTEM -> null;
        });
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        Path ipxe = Path.of("/usr/lib/ipxe", fetch.path());
        if (Files.isRegularFile(ipxe)) {
            return Optional.of(BootFile.file(ipxe));
        }
        return Optional.of(BootFile.text("#!ipxe\necho " + fetch.path() + " for ${net0/mac}\npoweroff\n"));
    }
}
