package dev.kindling.pxe.standalone;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.PxeConfig.Link;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves the files of one directory, and what a network boot needs besides them.
 *
 * <p>
 * Nothing outside the directory is served: no {@code ..}, no symbolic link that leads out of it, no device and no pipe.
 * The exceptions are boot loaders of the distribution's packages by the names in {@link Packaged}, where the directory
 * has none of that name.
 */
public final class RootDirectory implements BootSource {
    private static final int STANDARD_HTTP_PORT = 80;
    private static final String SCRIPT = "autoexec.ipxe";

    private final Path root;
    private final BootSettings settings;
    private final List<Link> links;
    private final IntSupplier httpPort;

    /**
     * @param root an existing directory
     * @param settings for all machines
     * @param links that are served
     * @param httpPort of our HTTP service, as really bound, by the time of the first request
     * @throws IOException if the root is not a directory that can be read, or a named file is not in it; the message
     *             says what to do
     */
    public RootDirectory(Path root, BootSettings settings, List<Link> links, IntSupplier httpPort)
            throws IOException {
        if (!Files.isDirectory(root) || !Files.isReadable(root)) {
            throw new IOException("the root %s is %s. Name a directory that holds the boot files".formatted(root,
                    Files.exists(root) ? "no directory that can be read" : "not there"));
        }
        this.root = root.toRealPath();
        this.links = List.copyOf(links);
        this.httpPort = httpPort;
        this.settings = settings.or(new BootSettings(found("undionly.kpxe", "ipxe.pxe"),
                found("snponly.efi", "ipxe.efi"), found("snponly-arm64.efi", "arm64-efi/snponly.efi", "ipxe-arm64.efi"),
                null, found("boot.ipxe"), null, null, List.of(), null));
        check("--bios", settings.bios());
        check("--uefi-x64", settings.uefiX64());
        check("--uefi-arm64", settings.uefiArm64());
        check("--uefi-http", settings.uefiHttp());
        check("--ipxe-script", settings.script());
    }

    private @Nullable String found(String... names) {
        for (String name : names) {
            if (file(name, false).isPresent()) {
                return name;
            }
        }
        return null;
    }

    private void check(String option, @Nullable String path) throws IOException {
        if (path != null && !isUrl(path) && file(withoutSlash(path), true).isEmpty()) {
            throw new IOException("%s %s: there is no such file below %s, and no package of this system has it"
                    .formatted(option, path, root));
        }
    }

    /** What all machines boot, with what was found. */
    public BootSettings settings() {
        return settings;
    }

    @Override
    public Answer answer(Client client) {
        return new Answer.Lease(null, null, switch (client.agent()) {
            case FIRMWARE_PXE -> loader(client, settings);
            case FIRMWARE_HTTP -> httpLoader(client, settings);
            case IPXE -> script(client, settings);
            case OPERATING_SYSTEM -> null;
        });
    }

    private static @Nullable String loader(Client client, BootSettings settings) {
        return switch (client.firmware()) {
            case BIOS -> settings.bios();
            case UEFI_X64 -> settings.uefiX64();
            case UEFI_ARM64 -> settings.uefiArm64();
            // nothing that is packaged runs on it
            default -> null;
        };
    }

    private static @Nullable String httpLoader(Client client, BootSettings settings) {
        String named = settings.uefiHttp();
        return url(client, named != null ? named : loader(client, settings));
    }

    private static @Nullable String script(Client client, BootSettings settings) {
        return url(client, settings.script());
    }

    private static @Nullable String url(Client client, @Nullable String path) {
        return path == null ? null : url(client.server().getHostAddress(), client.httpPort(), path);
    }

    private static String url(String server, int port, String path) {
        if (isUrl(path)) {
            return path;
        }
        var url = new StringBuilder("http://").append(server);
        if (port != STANDARD_HTTP_PORT) {
            url.append(':').append(port);
        }
        for (String segment : withoutSlash(path).split("/", -1)) {
            url.append('/').append(URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"));
        }
        return url.toString();
    }

    private static boolean isUrl(String text) {
        return text.contains("://");
    }

    private static String withoutSlash(String path) {
        return path.startsWith("/") ? path.substring(1) : path;
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        Optional<Path> file = file(fetch.path(), fetch.protocol() == Protocol.TFTP);
        if (file.isPresent()) {
            return Optional.of(BootFile.file(file.get()));
        }
        return generated(fetch);
    }

    /** iPXE asks for this one by TFTP, beside its loader, before it does anything else. */
    private Optional<BootFile> generated(Fetch fetch) {
        String script = settings.script();
        if (!fetch.path().substring(fetch.path().lastIndexOf('/') + 1).equals(SCRIPT) || script == null) {
            return Optional.empty();
        }
        // not ${filename}: a foreign DHCP server may name the loader in it again
        return Optional.of(BootFile.text("""
                #!ipxe
                :again
                dhcp && chain --autofree %s || echo Not booted: trying again in 5 seconds
                sleep 5
                goto again
                """.formatted(url(serverFor(fetch.remote()), httpPort.getAsInt(), script))));
    }

    /** Our address in the network of the one who asks; {@code ${next-server}} for one behind a relay. */
    private String serverFor(InetAddress remote) {
        return links.stream().filter(link -> link.subnet().contains(remote))
                .map(link -> link.address().getHostAddress()).findFirst().orElse("${next-server}");
    }

    /** A regular file in the root, or a loader of a package. */
    private Optional<Path> file(String path, boolean anyCase) {
        try {
            Optional<Path> exact = inRoot(root.resolve(path));
            if (exact.isEmpty() && anyCase) {
                exact = inAnyCase(path).flatMap(this::inRoot);
            }
            return exact.isPresent() ? exact : Packaged.find(path);
        } catch (InvalidPathException e) {
            // a NUL, or a character that the file system's encoding does not have
            return Optional.empty();
        }
    }

    private Optional<Path> inRoot(Path path) {
        try {
            Path real = path.toRealPath();
            return real.startsWith(root) && Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)
                    ? Optional.of(real)
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Windows' boot manager and some ROMs write names in the case that they like. */
    private Optional<Path> inAnyCase(String path) {
        Path directory = root;
        for (String segment : path.split("/", -1)) {
            Path next = directory.resolve(segment);
            if (!Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
                Optional<Path> alike = alike(directory, segment);
                if (alike.isEmpty()) {
                    return Optional.empty();
                }
                next = alike.get();
            }
            directory = next;
        }
        return Optional.of(directory);
    }

    /** The first in alphabetical order, so that the answer is always the same. */
    private static Optional<Path> alike(Path directory, String name) {
        var all = new ArrayList<Path>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory,
                entry -> entry.getFileName().toString().equalsIgnoreCase(name))) {
            entries.forEach(all::add);
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            return Optional.empty();
        }
        return all.stream().sorted().findFirst();
    }

    /** For the log. */
    @Override
    public String toString() {
        return "RootDirectory[" + root + "]";
    }
}
