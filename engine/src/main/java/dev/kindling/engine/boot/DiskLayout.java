package dev.kindling.engine.boot;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.kindling.engine.boot.Payload.Piece;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.iso.image.FatImage;
import dev.kindling.iso.image.Gpt;
import dev.kindling.iso.image.Gpt.Partition;
import dev.kindling.pxe.BootFile;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a disk of ours is laid out, and what has to be written to make it so:
 *
 * <pre>
 *   LBA 0..33       protective MBR with boot code, GPT
 *   LBA 40          marker sector of the stage
 *   1 MiB           BIOS boot partition, EFI system partition   {@link SystemImage}
 *   behind it       seed partition, FAT16, label CIDATA         of this machine, with its secrets
 *   the rest        data partition                              formatted by the system itself
 *   last 33         backup of the GPT
 * </pre>
 *
 * The table comes last: a disk that was written in part shows no partitions.
 */
public final class DiskLayout {
    /** Where the {@link SystemImage} goes. */
    public static final long BODY_OFFSET = 1 << 20;
    /** Behind the entries of the table, in front of the first partition: nothing else uses it. */
    public static final long MARKER_OFFSET = 40L * Gpt.SECTOR;
    /** Images, logs and state of a node need more, but a test does not. */
    public static final long MIN_DATA = 64L << 20;

    private static final long SEED_BYTES = 3 << 20;
    /** The system formats its data partition where the start is empty: what an older installation left has to go. */
    private static final int CLEARED_BYTES = 1 << 20;
    private static final Instant TIMESTAMP = Instant.parse("2026-01-01T00:00:00Z");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._:+-]{1,200}");
    private static final Pattern PLAIN = Pattern.compile("[!-~]{1,1000}");

    private final SystemImage system;

    /** The layout of disks with this system. */
    public DiskLayout(SystemImage system) {
        this.system = system;
    }

    /**
     * What the installed system has to know before it can ask. Holds a secret.
     *
     * @param url of the boot service, without a trailing slash
     * @param token bearer token of the installed system
     * @param order id of the order to write the disk
     * @param address null: asked for by DHCP
     * @param prefixLength of the address's network
     * @param gateway null: none
     * @param domain null: none
     */
    public record MachineSeed(String hostName, MacAddress mac, String url, String token, String order,
            @Nullable InetAddress address, int prefixLength, @Nullable InetAddress gateway, List<InetAddress> dns,
            @Nullable String domain) {
        public MachineSeed {
            dns = List.copyOf(dns);
            check(WORD, hostName, "host name");
            check(WORD, order, "order id");
            check(PLAIN, url, "URL");
            check(PLAIN, token, "token");
            if (domain != null) {
                check(WORD, domain, "domain");
            }
            if (prefixLength < 0 || (address != null && prefixLength > address.getAddress().length * 8)) {
                throw new IllegalArgumentException("prefix length " + prefixLength + " does not fit the address");
            }
        }

        /** Whatever passes needs no quoting in a shell, in YAML or in GRUB. The value itself may be a secret. */
        private static void check(Pattern pattern, String value, String what) {
            if (!pattern.matcher(value).matches()) {
                throw new IllegalArgumentException(what + ": expected characters of " + pattern);
            }
        }

        @Override
        public String toString() {
            return "MachineSeed[" + hostName + ", " + mac + ", order=" + order + ", token=***]";
        }
    }

    /** The smallest disk that can be laid out, in bytes. */
    public long minimumDisk() {
        return BODY_OFFSET + system.bytes() + SEED_BYTES + MIN_DATA + (1 << 20);
    }

    /**
     * The writes, in the order in which they are done: system image (shared), seed, backup table, table.
     *
     * @param diskBytes exact size of the disk
     * @throws IllegalArgumentException where the disk is too small or has a size that no disk has
     */
    public List<Piece> pieces(MachineSeed seed, long diskBytes) {
        if (diskBytes % Gpt.SECTOR != 0 || diskBytes < minimumDisk()) {
            throw new IllegalArgumentException("a disk of " + diskBytes + " bytes: expected at least " + minimumDisk()
                    + " bytes, in sectors of " + Gpt.SECTOR);
        }
        long sectors = diskBytes / Gpt.SECTOR;
        long body = BODY_OFFSET / Gpt.SECTOR;
        long esp = body + SystemImage.BIOS_BOOT_BYTES / Gpt.SECTOR;
        long seedAt = body + system.bytes() / Gpt.SECTOR;
        long data = seedAt + SEED_BYTES / Gpt.SECTOR;
        Gpt table = new Gpt(id(seed, "disk"), sectors,
                List.of(new Partition(Gpt.BIOS_BOOT, id(seed, "bios"), body, esp - 1, 0, "kindling-bios"),
                        new Partition(Gpt.EFI_SYSTEM, id(seed, "esp"), esp, seedAt - 1, 0, "kindling-esp"),
                        new Partition(Gpt.BASIC_DATA, id(seed, "seed"), seedAt, data - 1, 0, "kindling-seed"),
                        new Partition(Gpt.LINUX_DATA, id(seed, "data"), data, lastAligned(sectors), 0,
                                "kindling-data")));
        byte[] seedImage = Arrays.copyOf(seedImage(seed), (int) SEED_BYTES + CLEARED_BYTES);
        return List.of(
                new Piece(SystemImage.FILE_NAME, true, BODY_OFFSET, BootFile.file(system.file()), system.bytes(),
                        system.sha256()),
                piece("seed", seedAt * Gpt.SECTOR, seedImage),
                piece("gpt-tail", (sectors - Gpt.TAIL_SECTORS) * Gpt.SECTOR, table.tail()),
                piece("gpt-head", 0, table.head(system.bootCode())));
    }

    /** Partitions end at a whole MiB too. */
    static long lastAligned(long sectors) {
        return (Gpt.lastUsable(sectors) + 1) / 2048 * 2048 - 1;
    }

    private static Piece piece(String name, long offset, byte[] content) {
        return new Piece(name, false, offset, new BootFile.Bytes(content, "application/octet-stream"), content.length,
                Hashes.of(content));
    }

    /** Another for each order, so that an older installation on another disk is never taken for this one. */
    private static UUID id(MachineSeed seed, String what) {
        return UUID.nameUUIDFromBytes(("kindling " + seed.order() + " " + what).getBytes(UTF_8));
    }

    /** A NoCloud data source of cloud-init, and what our own small system reads. */
    private static byte[] seedImage(MachineSeed seed) {
        int volumeId = (int) id(seed, "volume").getMostSignificantBits();
        return new FatImage(FatImage.Kind.FAT16, SEED_BYTES, "CIDATA", volumeId, TIMESTAMP)
                .file("meta-data", utf8(metaData(seed))).file("user-data", utf8(userData(seed)))
                .file("network-config", utf8(networkConfig(seed))).file("kindling.env", utf8(environment(seed)))
                .file("kindling.cfg", utf8("set kindling_order=" + seed.order() + "\n")).toBytes();
    }

    static String metaData(MachineSeed seed) {
        return "instance-id: \"" + seed.order() + "\"\nlocal-hostname: \"" + seed.hostName() + "\"\n";
    }

    static String userData(MachineSeed seed) {
        String fqdn = seed.domain() == null ? seed.hostName() : seed.hostName() + "." + seed.domain();
        return "#cloud-config\nhostname: \"" + seed.hostName() + "\"\nfqdn: \"" + fqdn
                + "\"\npreserve_hostname: false\nmanage_etc_hosts: true\n";
    }

    /** Version 2, as cloud-init and netplan know it. */
    static String networkConfig(MachineSeed seed) {
        StringBuilder out = new StringBuilder("version: 2\nethernets:\n  boot:\n    match:\n      macaddress: \"")
                .append(seed.mac()).append("\"\n");
        InetAddress address = seed.address();
        if (address == null) {
            return out.append("    dhcp4: true\n").toString();
        }
        out.append("    dhcp4: false\n    dhcp6: false\n    addresses:\n      - \"").append(address.getHostAddress())
                .append('/').append(seed.prefixLength()).append("\"\n");
        InetAddress gateway = seed.gateway();
        if (gateway != null) {
            String all = gateway.getAddress().length == 4 ? "0.0.0.0/0" : "::/0";
            out.append("    routes:\n      - to: \"").append(all).append("\"\n        via: \"")
                    .append(gateway.getHostAddress()).append("\"\n");
        }
        String domain = seed.domain();
        if (!seed.dns().isEmpty() || domain != null) {
            out.append("    nameservers:\n");
            if (!seed.dns().isEmpty()) {
                out.append("      addresses:\n");
                seed.dns()
                        .forEach(each -> out.append("        - \"").append(each.getHostAddress()).append("\"\n"));
            }
            if (domain != null) {
                out.append("      search:\n        - \"").append(domain).append("\"\n");
            }
        }
        return out.toString();
    }

    private static String environment(MachineSeed seed) {
        InetAddress address = seed.address();
        InetAddress gateway = seed.gateway();
        String domain = seed.domain();
        return "KINDLING_URL=" + seed.url() + "\nKINDLING_MAC=" + seed.mac() + "\nKINDLING_TOKEN=" + seed.token()
                + "\nKINDLING_ORDER=" + seed.order() + "\nKINDLING_HOSTNAME=" + seed.hostName() + "\nKINDLING_ADDRESS="
                + (address == null ? "" : address.getHostAddress() + "/" + seed.prefixLength()) + "\nKINDLING_GATEWAY="
                + (gateway == null ? "" : gateway.getHostAddress()) + "\nKINDLING_DNS="
                + String.join(" ", seed.dns().stream().map(InetAddress::getHostAddress).toList()) + "\nKINDLING_DOMAIN="
                + (domain == null ? "" : domain) + "\n";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }
}
