package dev.kindling.pxe;

import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Link6;
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
import java.util.function.Consumer;

/**
 * A boot service in a process of its own, so that it can be started in a network namespace. It serves Debian's iPXE
 * binaries, and a script under any other name. Prints {@code READY} and one line for each event; ends when its standard
 * input does.
 *
 * <p>
 * Arguments: {@code MODE LEASEFILE LINK...} with LINK as {@code INTERFACE,ADDRESS,PREFIX,FROM,TO,SECONDS}, for IPv6
 * too, or without an interface for a relayed network; - for no lease file; QUIET as the last one: no events.
 */
final class LabServer implements BootSource {
    private LabServer() {}

    public static void main(String[] arguments) throws Exception {
        boolean quiet = arguments[arguments.length - 1].equals("QUIET");
        List<String> texts = List.of(arguments).subList(2, arguments.length - (quiet ? 1 : 0));
        List<Link> links = texts.stream().filter(text -> !text.startsWith(",") && !text.contains(":"))
                .map(LabServer::link).toList();
        List<Link6> links6 = texts.stream().filter(text -> text.contains(":")).map(LabServer::link6).toList();
        List<Subnet> relayed = texts.stream().filter(text -> text.startsWith(",")).map(LabServer::link)
                .map(Link::subnet).toList();
        runUntilInputEnds(PxeConfig.of(links, Mode.valueOf(arguments[0])).withRelayed(relayed).withLinks6(links6)
                .withLeaseFile(arguments[1].equals("-") ? null : Path.of(arguments[1])), new LabServer(),
                event -> {
                    if (!quiet) {
                        print(event);
                    }
                });
    }

    static Link link(String text) {
        List<String> words = List.of(text.split(",", -1));
        InetAddress address = InetAddress.ofLiteral(words.get(1));
        return new Link(words.get(0), address, Subnet.of(address, Integer.parseInt(words.get(2)))
                .withRange(InetAddress.ofLiteral(words.get(3)), InetAddress.ofLiteral(words.get(4)))
                .withRouter(address).withDns(List.of(address)).withDomain("lab.example")
                .withLeaseTime(Duration.ofSeconds(Long.parseLong(words.get(5)))));
    }

    private static Link6 link6(String text) {
        List<String> words = List.of(text.split(",", -1));
        return new Link6(words.get(0), InetAddress.ofLiteral(words.get(1)), Integer.parseInt(words.get(2)),
                InetAddress.ofLiteral(words.get(3)), InetAddress.ofLiteral(words.get(4)), List.of(), null,
                Duration.ofSeconds(Long.parseLong(words.get(5))), true);
    }

    /** Says READY, then each event on a line; or FAILED and why. */
    static void runUntilInputEnds(PxeConfig config, BootSource source) throws IOException {
        runUntilInputEnds(config, source, LabServer::print);
    }

    private static void print(PxeEvent event) {
        System.out.println(event.getClass().getSimpleName() + ' ' + event.mac() + ' ' + event.text());
    }

    private static void runUntilInputEnds(PxeConfig config, BootSource source, Consumer<PxeEvent> events)
            throws IOException {
        try (var _ = PxeServer.start(config, source, events, Clock.systemUTC())) {
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
