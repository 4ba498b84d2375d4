package dev.kindling.pxe;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/**
 * Serves a directory by HTTP and HTTPS until its standard input ends or it is killed, for measurements. Arguments:
 * {@code ROOT ADDRESS HTTP-PORT [HTTPS-PORT CERTIFICATE KEY]}.
 */
final class LabHttp implements BootSource {
    private final Path root;

    private LabHttp(Path root) {
        this.root = root;
    }

    public static void main(String[] arguments) throws Exception {
        boolean tls = arguments.length > 3;
        var config = PxeConfig.of(Served.links(InetAddress.ofLiteral(arguments[1]).getHostAddress()),
                PxeConfig.Mode.NONE).withPorts(
                        new PxeConfig.Ports(0, 0, 0, Integer.parseInt(arguments[2]),
                                tls ? Integer.parseInt(arguments[3]) : 0))
                .withTls(tls ? new Tls.PemFiles(Path.of(arguments[4]), Path.of(arguments[5]), null) : null);
        try (var _ = PxeServer.start(config, new LabHttp(Path.of(arguments[0])), event -> {}, Clock.systemUTC())) {
            System.out.println("READY");
            Thread.currentThread().join();
        }
    }

    @Override
    public Answer answer(Client client) {
        return new Answer.Ignore("no DHCP here");
    }

    @Override
    public boolean answersAtOnce() {
        return true;
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        Path file = root.resolve(fetch.path());
        return Files.exists(file) ? Optional.of(BootFile.file(file)) : Optional.empty();
    }
}
