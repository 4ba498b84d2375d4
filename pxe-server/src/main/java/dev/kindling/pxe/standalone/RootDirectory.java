package dev.kindling.pxe.standalone;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Link;
import dev.kindling.pxe.PxeConfig.Link6;
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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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
    private static final String AUTOEXEC = "autoexec.ipxe";
    private static final Pattern SECOND_STAGE = Pattern
            .compile("(?i)(grub|mm|fb)(x64|aa64)\\.efi|revocations(_sbat|_sku)?\\.efi|shim_certificate.*\\.efi");
    /**
     * To follow a path costs more system calls than to send a small file, and a rack asks for the same ones. A file
     * that is replaced is seen at once all the same, for whoever opens it asks for its attributes.
     */
    private static final long FOUND_NANOS = 1_000_000_000;
    private static final int MOST_FOUND = 4096;

    private final Path root;
    private final BootSettings settings;
    private final List<Link> links;
    private final List<Link6> links6;
    private final IntSupplier httpPort;
    /** Why a loader that was named cannot be served, by its path below the root. */
    private final Map<String, String> absent = new LinkedHashMap<>();
    private volatile Reservations reservations = Reservations.NONE;
    /** What a path led to a moment ago. */
    private final ConcurrentHashMap<String, Found> found = new ConcurrentHashMap<>();

    private record Found(Path real, long at) {}

    /**
     * @param root an existing directory
     * @param settings for all machines
     * @param links that are served
     * @param links6 that are served by IPv6
     * @param httpPort of our HTTP service, as really bound, by the time of the first request
     * @throws IOException if the root is not a directory that can be read, if the script is not in it, or of the
     *             loaders that are named none is; the message says what to do
     */
    public RootDirectory(Path root, BootSettings settings, List<Link> links, List<Link6> links6, IntSupplier httpPort)
            throws IOException {
        if (!Files.isDirectory(root) || !Files.isReadable(root)) {
            throw new IOException("the root %s is %s. Name a directory that holds the boot files".formatted(root,
                    Files.exists(root) ? "no directory that can be read" : "not there"));
        }
        this.root = root.toRealPath();
        this.links = List.copyOf(links);
        this.links6 = List.copyOf(links6);
        this.httpPort = httpPort;
        this.settings = settings.or(new BootSettings(found("undionly.kpxe", "ipxe.pxe"),
                found("snponly.efi", "ipxe.efi"), found("snponly-arm64.efi", "arm64-efi/snponly.efi", "ipxe-arm64.efi"),
                null, found("boot.ipxe"), null, null, List.of(), null));
        checkLoaders(settings);
        check("--ipxe-script", settings.script());
    }

    /** One kind of machine without its loader must not keep the others from booting. */
    private void checkLoaders(BootSettings named) throws IOException {
        int there = 0;
        for (Named each : List.of(new Named("--bios", named.bios()), new Named("--uefi-x64", named.uefiX64()),
                new Named("--uefi-arm64", named.uefiArm64()), new Named("--uefi-http", named.uefiHttp()))) {
            if (each.path() != null && isMissing(each.path())) {
                absent.put(Path.of(withoutSlash(each.path())).normalize().toString(),
                        missing(each.option(), each.path()));
            } else if (each.path() != null) {
                there++;
            }
        }
        if (there == 0 && !absent.isEmpty()) {
            throw new IOException(String.join("; ", absent.values()));
        }
    }

    private record Named(String option, @Nullable String path) {}

    /**
     * The loaders that were named and are not there, as sentences for people. A machine that asks for one of them is
     * refused with the same words, until the file is there.
     */
    public List<String> absentLoaders() {
        return List.copyOf(absent.values());
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
        if (path != null && isMissing(path)) {
            throw new IOException(missing(option, path));
        }
    }

    private boolean isMissing(String path) {
        return !isUrl(path) && file(withoutSlash(path), true).isEmpty();
    }

    private String missing(String option, String path) {
        return "%s %s: there is no such file below %s, and no package of this system has it".formatted(option, path,
                root);
    }

    /** What all machines boot, with what was found. */
    public BootSettings settings() {
        return settings;
    }

    /**
     * Replaces what is kept for single machines.
     *
     * @throws IOException if one of them names a file that is not there; nothing is replaced then
     */
    public void reserve(Reservations others) throws IOException {
        for (Reservation each : others.all()) {
            String who = "reservation of "
                    + (each.mac() != null ? each.mac() : each.uuid() != null ? each.uuid() : each.clientId());
            BootSettings boot = each.boot();
            check(who + ", bios", boot.bios());
            check(who + ", uefi-x64", boot.uefiX64());
            check(who + ", uefi-arm64", boot.uefiArm64());
            check(who + ", uefi-http", boot.uefiHttp());
            check(who + ", script", boot.script());
            check(who + ", grub", boot.grub());
            check(who + ", kernel", boot.kernel());
            for (String initrd : boot.initrds()) {
                check(who + ", initrd", initrd);
            }
        }
        reservations = others;
    }

    @Override
    public Answer answer(Client client) {
        Optional<Reservation> kept = reservations.of(client);
        BootSettings boot = kept.map(each -> each.boot().or(settings)).orElse(settings);
        return new Answer.Lease(kept.map(Reservation::address).orElse(null),
                kept.map(Reservation::hostName).orElse(null), switch (client.agent()) {
                    case FIRMWARE_PXE -> loader(client, boot);
                    case FIRMWARE_HTTP -> httpLoader(client, boot);
                    case IPXE -> script(client, boot);
                    case OPERATING_SYSTEM -> null;
                });
    }

    @Override
    public boolean answersAtOnce() {
        return true;
    }

    @Override
    public boolean isReserved(InetAddress address) {
        return reservations.keeps(address);
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

    /** One's own script as it is, where there is nothing to add to it for this machine. */
    private static @Nullable String script(Client client, BootSettings boot) {
        Integer vlan = client.way().vlan();
        boolean nothing = boot.script() == null && boot.kernel() == null;
        return nothing || (boot.kernel() == null && boot.arguments() == null && vlan == null)
                ? url(client, boot.script())
                : client.httpUrl(new MachineFiles.Script(client.mac(), vlan).path());
    }

    private static @Nullable String url(Client client, @Nullable String path) {
        return path == null || isUrl(path) ? path : client.httpUrl(encoded(path));
    }

    /** A path as it stands in a URL. */
    static String encoded(String path) {
        return Arrays.stream(withoutSlash(path).split("/", -1))
                .map(segment -> URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20"))
                .collect(Collectors.joining("/"));
    }

    static boolean isUrl(String text) {
        return text.contains("://");
    }

    static String withoutSlash(String path) {
        return path.startsWith("/") ? path.substring(1) : path;
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        String path = fetch.path();
        String name = path.substring(path.lastIndexOf('/') + 1);
        Optional<Path> file = besideLoader(fetch, name).or(() -> own(path, fetch.protocol() == Protocol.TFTP));
        if (file.isPresent()) {
            return file.map(BootFile::file);
        }
        Optional<BootFile> made = name.equals(AUTOEXEC) ? autoexec(fetch) : script(path);
        return made.or(() -> grub(fetch)).or(() -> Packaged.find(name).map(BootFile::file))
                .or(() -> Optional.ofNullable(absent.get(path)).map(BootFile.Refused::new));
    }

    /**
     * What iPXE runs when it finds it beside itself, before it asks by DHCP. It does not follow {@code ${filename}}: a
     * foreign DHCP server may name the loader in it again.
     */
    private Optional<BootFile> autoexec(Fetch fetch) {
        BootSettings boot = reservations.of(fetch.mac()).map(each -> each.boot().or(settings)).orElse(settings);
        if (boot.script() == null && boot.kernel() == null) {
            return Optional.empty();
        }
        boolean plain = boot.kernel() == null && boot.arguments() == null;
        String path = plain || fetch.mac() == null
                ? encoded(String.valueOf(boot.script()))
                : new MachineFiles.Script(fetch.mac(), null).path();
        String url = plain && isUrl(String.valueOf(boot.script()))
                ? String.valueOf(boot.script())
                : "http://%s:%d/%s".formatted(serverFor(fetch.remote()), httpPort.getAsInt(), path);
        // spanning tree holds a port back for up to 50 seconds: asking goes on
        return Optional.of(BootFile.text("""
                #!ipxe
                :again
                dhcp && chain --autofree %s || echo Not booted: trying again in 5 seconds
                sleep 5
                goto again
                """.formatted(url)));
    }

    private Optional<BootFile> script(String path) {
        return MachineFiles.Script.of(path).flatMap(script -> {
            BootSettings boot = reservations.of(script.mac()).map(each -> each.boot().or(settings)).orElse(settings);
            return boot.script() == null && boot.kernel() == null
                    ? Optional.empty()
                    : Optional.of(BootFile.text(script.text(boot, one -> isUrl(one) ? one : "/" + encoded(one))));
        });
    }

    /** GRUB's configuration of a machine, by whichever name GRUB asks; the last one is the same for all. */
    private Optional<BootFile> grub(Fetch fetch) {
        return MachineFiles.grub(fetch.path()).flatMap(name -> switch (name) {
            case MachineFiles.GrubName.ByMac(MacAddress mac) -> reservations.of(mac).flatMap(this::grub);
            case MachineFiles.GrubName.ByUuid(UUID uuid) -> reservations.of(uuid).flatMap(this::grub);
            case MachineFiles.GrubName.Asker(boolean last) -> reservations.of(fetch.mac()).flatMap(this::grub)
                    .or(() -> last ? grub(settings) : Optional.empty());
            case MachineFiles.GrubName.Part _ -> Optional.empty();
        });
    }

    private Optional<BootFile> grub(Reservation kept) {
        return grub(kept.boot());
    }

    private Optional<BootFile> grub(BootSettings boot) {
        String own = boot.grub();
        return own != null ? file(own, true).map(BootFile::file) : MachineFiles.grubText(boot).map(BootFile::text);
    }

    /**
     * shim loads its second stage from where it thinks that it came from, which it gets wrong with some firmware: then
     * it asks at the root. Each machine gets the one beside its own loader, so that every operating system has the GRUB
     * that its shim trusts.
     */
    private Optional<Path> besideLoader(Fetch fetch, String name) {
        if (!SECOND_STAGE.matcher(name).matches()) {
            return Optional.empty();
        }
        BootSettings boot = reservations.of(fetch.mac()).map(each -> each.boot().or(settings)).orElse(settings);
        String loader = name.contains("aa64") ? boot.uefiArm64() : boot.uefiX64();
        return loader == null ? Optional.empty() : own(loader.substring(0, loader.lastIndexOf('/') + 1) + name, true);
    }

    /** Our address in the network of the one who asks; {@code ${next-server}} for one behind a relay. */
    private String serverFor(InetAddress remote) {
        Stream<String> four = links.stream().filter(link -> link.subnet().contains(remote))
                .map(link -> link.address().getHostAddress());
        Stream<String> six = links6.stream().filter(link -> link.contains(remote))
                .map(link -> "[" + link.address().getHostAddress() + "]");
        return Stream.concat(four, six).findFirst().orElse("${next-server}");
    }

    /** A regular file in the root, or a loader of a package. */
    private Optional<Path> file(String path, boolean anyCase) {
        return own(path, anyCase).or(() -> Packaged.find(path));
    }

    /** A regular file in the root. */
    private Optional<Path> own(String path, boolean anyCase) {
        Found before = found.get(path);
        if (before != null && System.nanoTime() - before.at() < FOUND_NANOS) {
            return Optional.of(before.real());
        }
        try {
            Optional<Path> exact = inRoot(root.resolve(path));
            exact.ifPresent(real -> remember(path, real));
            return exact.isPresent() || !anyCase ? exact : inAnyCase(path).flatMap(this::inRoot);
        } catch (InvalidPathException e) {
            // a NUL, or a character that the file system's encoding does not have
            return Optional.empty();
        }
    }

    private void remember(String path, Path real) {
        if (found.size() >= MOST_FOUND) {
            found.clear();
        }
        found.put(path, new Found(real, System.nanoTime()));
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
