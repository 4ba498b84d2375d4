package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.kindling.engine.boot.DiskLayout.MachineSeed;
import dev.kindling.engine.boot.Payload.Piece;
import dev.kindling.engine.model.MacAddress;
import dev.kindling.iso.image.FatReader;
import dev.kindling.pxe.BootFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskLayoutTest {
    private static final long DISK = 400L << 20;

    @TempDir
    Path directory;

    private SystemImage system;
    private DiskLayout layout;

    @BeforeEach
    void build() throws IOException {
        system = SystemImage.build(TestAssets.get());
        layout = new DiskLayout(system);
    }

    @Test
    void otherProgramsAcceptTheDiskAndItsFileSystems() throws IOException {
        Path disk = directory.resolve("disk");
        List<Piece> pieces = layout.pieces(seed("o-1", InetAddress.ofLiteral("10.77.0.11")), DISK);
        try (FileChannel out = FileChannel.open(disk, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (Piece piece : pieces) {
                byte[] content = content(piece);
                assertThat(content).hasSize((int) piece.bytes());
                assertThat(Hashes.of(content)).as(piece.name()).isEqualTo(piece.sha256());
                out.write(ByteBuffer.wrap(content), piece.offset());
            }
        }
        assertThat(disk).hasSize(DISK);
        assertThat(run("sgdisk", "--verify", disk.toString())).contains("No problems found");
        String table = run("sgdisk", "--print", disk.toString());
        assertThat(table).contains("kindling-bios").contains("kindling-esp").contains("kindling-seed")
                .contains("kindling-data");
        Path esp = directory.resolve("esp");
        Path seedFile = directory.resolve("seed");
        long espAt = DiskLayout.BODY_OFFSET + SystemImage.BIOS_BOOT_BYTES;
        cut(disk, espAt, system.bytes() - SystemImage.BIOS_BOOT_BYTES, esp);
        cut(disk, DiskLayout.BODY_OFFSET + system.bytes(), 3 << 20, seedFile);
        run("fsck.vfat", "-n", esp.toString());
        run("fsck.vfat", "-n", seedFile.toString());
        try (FileChannel channel = FileChannel.open(esp)) {
            FatReader reader = new FatReader(channel);
            assertThat(reader.label()).isEqualTo("KINDLING");
            assertThat(reader.isFat32()).isTrue();
            assertThat(reader.entries()).extracting(FatReader.Entry::path).contains("EFI/BOOT/BOOTX64.EFI",
                    "EFI/BOOT/grubx64.efi", "EFI/debian/grub.cfg", "kindling/vmlinuz", "kindling/system.img");
        }
        try (FileChannel channel = FileChannel.open(seedFile)) {
            FatReader reader = new FatReader(channel);
            assertThat(reader.label()).isEqualTo("CIDATA");
            assertThat(new String(reader.content("kindling.env"), StandardCharsets.UTF_8).lines())
                    .contains("KINDLING_URL=http://10.77.0.1:8080", "KINDLING_TOKEN=secret-token",
                            "KINDLING_ADDRESS=10.77.0.11/24", "KINDLING_GATEWAY=10.77.0.1",
                            "KINDLING_DNS=10.77.0.1 9.9.9.9", "KINDLING_HOSTNAME=demo-cp-1");
        }
        assertThat(system.bytes()).as("a machine without acceleration writes it in seconds").isLessThan(64 << 20);
    }

    @Test
    void cloudInitTakesTheSeed() throws IOException {
        for (MachineSeed seed : List.of(seed("o-1", InetAddress.ofLiteral("10.77.0.11")),
                seed("o-1", InetAddress.ofLiteral("fd00::11")), seed("o-1", null))) {
            Path user = Files.writeString(directory.resolve("user-data"), DiskLayout.userData(seed));
            assertThat(run("cloud-init", "schema", "--config-file", user.toString())).contains("Valid");
            Path network = Files.writeString(directory.resolve("network-config"), DiskLayout.networkConfig(seed));
            Path out = directory.resolve("converted");
            run("cloud-init", "devel", "net-convert", "--network-data", network.toString(), "--kind", "yaml",
                    "--output-kind", "networkd", "--directory", out.toString(), "--distro", "debian", "-m",
                    "eth0," + seed.mac());
            try (var files = Files.walk(out)) {
                Path unit = files.filter(file -> file.toString().endsWith(".network")).findFirst().orElseThrow();
                InetAddress address = seed.address();
                if (address == null) {
                    assertThat(unit).content().contains("DHCP=ipv4");
                } else {
                    assertThat(unit).content().contains("Address=" + address.getHostAddress() + "/24")
                            .contains("DNS=10.77.0.1").contains("Domains=example.test");
                }
            }
            CacheDirectory.deleteTree(out);
        }
    }

    @Test
    void anotherOrderIsAnotherDisk() {
        Piece one = layout.pieces(seed("o-1", null), DISK).getLast();
        assertThat(layout.pieces(seed("o-1", null), DISK).getLast().sha256()).isEqualTo(one.sha256());
        assertThat(layout.pieces(seed("o-2", null), DISK).getLast().sha256()).isNotEqualTo(one.sha256());
    }

    @Test
    void refusesDisksThatAreTooSmallAndValuesThatNeedQuoting() {
        assertThat(layout.pieces(seed("o-1", null), layout.minimumDisk())).hasSize(4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> layout.pieces(seed("o-1", null), layout.minimumDisk() - 512))
                .withMessageContaining("at least");
        assertThatIllegalArgumentException().isThrownBy(() -> seed("o 1", null)).withMessageContaining("order id");
        assertThat(seed("o-1", null).toString()).doesNotContain("secret-token");
    }

    private static MachineSeed seed(String order, @Nullable InetAddress address) {
        return new MachineSeed("demo-cp-1", new MacAddress("52:54:00:4b:4c:11"), "http://10.77.0.1:8080",
                "secret-token", order, address, 24, InetAddress.ofLiteral("10.77.0.1"),
                List.of(InetAddress.ofLiteral("10.77.0.1"), InetAddress.ofLiteral("9.9.9.9")), "example.test");
    }

    private static byte[] content(Piece piece) throws IOException {
        return switch (piece.content()) {
            case BootFile.Bytes bytes -> bytes.content();
            case BootFile.OnDisk file -> Files.readAllBytes(file.path());
            case BootFile.Generated _,BootFile.Refused _ -> throw new AssertionError("no such piece: " + piece);
        };
    }

    private String run(String... command) throws IOException {
        return Command.run(directory, List.of(command));
    }

    private static void cut(Path disk, long offset, long length, Path out) throws IOException {
        byte[] bytes = new byte[(int) length];
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "r")) {
            file.seek(offset);
            file.readFully(bytes);
        }
        Files.write(out, bytes);
    }
}
