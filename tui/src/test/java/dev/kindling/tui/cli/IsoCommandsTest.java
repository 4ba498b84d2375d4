package dev.kindling.tui.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kindling.iso.edit.EmbedArea;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of {@code kindling iso} as a user gives them; programs of others say what came of it. */
class IsoCommandsTest {
    private static final String EPOCH = "1767225600";

    @TempDir
    Path directory;
    private Path tree = Path.of("");
    private CliHarness shell;

    @BeforeEach
    void aTreeThatBoots() throws IOException {
        shell = new CliHarness(directory);
        tree = Files.createDirectories(directory.resolve("tree"));
        put("isolinux/isolinux.bin", Path.of("/usr/lib/ISOLINUX/isolinux.bin"));
        put("isolinux/ldlinux.c32", Path.of("/usr/lib/syslinux/modules/bios/ldlinux.c32"));
        put("isolinux/isolinux.cfg", "DEFAULT l\nLABEL l\n  KERNEL /vmlinuz\n  APPEND initrd=/initrd quiet\n");
        put("boot/grub/grub.cfg", "menuentry x {\n linux /vmlinuz quiet\n initrd /initrd\n}\n");
        put("EFI/BOOT/BOOTX64.EFI", Path.of("/usr/lib/shim/shimx64.efi.signed"));
        put("docs/a name with blanks and ümlauts.txt", "text\n");
        put("docs/old.txt", "old\n");
        Files.setPosixFilePermissions(tree.resolve("docs/old.txt"), PosixFilePermissions.fromString("rwxr-x--x"));
        Files.createSymbolicLink(tree.resolve("docs/link"), Path.of("old.txt"));
        byte[] large = new byte[3_000_000];
        new Random(5).nextBytes(large);
        Files.write(tree.resolve("docs/large.bin"), large);
    }

    private void put(String path, String text) throws IOException {
        Files.createDirectories(tree.resolve(path).getParent());
        Files.writeString(tree.resolve(path), text);
    }

    private void put(String path, Path source) throws IOException {
        assertThat(source).as("This test needs the Debian packages isolinux, syslinux-common and shim-signed").exists();
        Files.createDirectories(tree.resolve(path).getParent());
        Files.copy(source, tree.resolve(path));
    }

    private Path build(String name) {
        assertThat(shell.run("iso", "build", "--from", "tree", "-o", name, "--label", "TEST_MEDIUM", "--bios", "auto",
                "--efi", "auto", "--mbr", "auto", "--epoch", EPOCH)).as(shell.err()).isZero();
        return directory.resolve(name);
    }

    private void kindling(String... arguments) {
        assertThat(shell.run(arguments)).as(shell.err()).isZero();
    }

    /** Standard output and error of a program that must succeed. */
    private String other(String... command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("LC_ALL", "C.UTF-8");
        try {
            Process process = builder.start();
            String output = new String(process.getInputStream().readAllBytes(), UTF_8);
            assertThat(process.waitFor()).as("%s%n%s", List.of(command), output).isZero();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException("This test needs " + command[0] + " (config/packages.sh)", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    void buildMakesWhatOthersReadAndBoot() throws IOException {
        build("one.iso");
        assertThat(shell.out()).contains("one.iso, ");
        String boot = other("xorriso", "-indev", "one.iso", "-report_el_torito", "plain", "-report_system_area",
                "plain");
        assertThat(boot).containsPattern("El Torito boot img : +1  BIOS  y")
                .containsPattern("El Torito boot img : +2  UEFI  y").contains("GPT", "isohybrid");
        assertThat(other("isoinfo", "-d", "-i", "one.iso")).contains("Volume id: TEST_MEDIUM", "Rock Ridge", "Joliet");
        Path copy = Files.createDirectories(directory.resolve("copy"));
        other("bsdtar", "-C", copy.toString(), "-xf", "one.iso");
        // isolinux.bin is told where it lies
        Files.copy(tree.resolve("isolinux/isolinux.bin"), copy.resolve("isolinux/isolinux.bin"),
                StandardCopyOption.REPLACE_EXISTING);
        other("diff", "-r", "--no-dereference", tree.toString(), copy.toString());
        assertThat(build("two.iso")).hasSameBinaryContentAs(directory.resolve("one.iso"));
    }

    @Test
    void editChangesFilesAndKernelArguments() throws IOException {
        build("in.iso");
        byte[] before = Files.readAllBytes(directory.resolve("in.iso"));
        Files.writeString(directory.resolve("new.txt"), "new\n");
        kindling("iso", "edit", "in.iso", "-o", "out.iso", "--add", "new.txt=/extra/new.txt", "--replace",
                "new.txt=docs/large.bin", "--remove", "docs/old.txt", "--kernel-args", "console=ttyS0 panic=7");
        assertThat(directory.resolve("in.iso")).hasBinaryContent(before);
        assertThat(other("bsdtar", "-xOf", "out.iso", "extra/new.txt", "docs/large.bin")).isEqualTo("new\nnew\n");
        assertThat(other("bsdtar", "-tf", "out.iso")).doesNotContain("docs/old.txt").contains("docs/link");
        assertThat(other("bsdtar", "-xOf", "out.iso", "isolinux/isolinux.cfg"))
                .contains("APPEND initrd=/initrd quiet console=ttyS0 panic=7\n");
        assertThat(other("bsdtar", "-xOf", "out.iso", "boot/grub/grub.cfg"))
                .contains("linux /vmlinuz quiet console=ttyS0 panic=7\n");
        assertThat(other("xorriso", "-indev", "out.iso", "-check_media", "--")).doesNotContain("unreadable");
    }

    @Test
    void editRefusesWhatIsNotThereAndLeavesNothing() throws IOException {
        build("in.iso");
        assertThat(shell.run("iso", "edit", "in.iso", "-o", "out.iso", "--remove", "docs/none")).isEqualTo(1);
        assertThat(shell.err()).contains("docs/none");
        assertThat(shell.run("iso", "edit", "in.iso", "-o", "out.iso")).isEqualTo(2);
        assertThat(shell.err()).contains("--add, --remove, --replace or --kernel-args");
        assertThat(directory.resolve("out.iso")).doesNotExist();
    }

    @Test
    void embedIsShownAndClearedWithoutATrace() throws IOException {
        Files.createDirectories(tree.resolve("kindling"));
        Files.write(tree.resolve(EmbedArea.PATH), EmbedArea.empty(8192));
        Path image = build("in.iso");
        byte[] before = Files.readAllBytes(image);
        Files.writeString(directory.resolve("answers.yaml"), "disk: SERIAL-1\n");

        kindling("iso", "embed", "in.iso", "--config", "answers.yaml");
        assertThat(shell.out()).contains("15 bytes in Kindling's area");
        assertThat(Files.size(image)).isEqualTo(before.length);
        assertThat(other("bsdtar", "-xOf", "in.iso", EmbedArea.PATH)).contains("disk: SERIAL-1\n");
        kindling("iso", "embed", "in.iso", "--show");
        assertThat(shell.out()).isEqualTo("disk: SERIAL-1\n");
        kindling("iso", "embed", "in.iso", "--clear");
        assertThat(image).hasBinaryContent(before);

        Files.write(directory.resolve("large"), new byte[9000]);
        assertThat(shell.run("iso", "embed", "in.iso", "--config", "large")).isEqualTo(1);
        assertThat(shell.err()).contains("9000", "8192");
        assertThat(image).hasBinaryContent(before);
    }

    @Test
    void seedIsWhatCloudInitLooksFor() throws IOException {
        Files.writeString(directory.resolve("user"), "#cloud-config\nhostname: one\n");
        Files.writeString(directory.resolve("network"), "version: 2\n");
        kindling("iso", "seed", "--user-data", "user", "--network-config", "network", "-o", "seed.iso");
        assertThat(other("isoinfo", "-d", "-i", "seed.iso")).contains("Volume id: cidata");
        assertThat(other("bsdtar", "-xOf", "seed.iso", "user-data")).isEqualTo("#cloud-config\nhostname: one\n");
        assertThat(other("bsdtar", "-xOf", "seed.iso", "network-config")).isEqualTo("version: 2\n");
        assertThat(other("bsdtar", "-xOf", "seed.iso", "meta-data")).contains("instance-id:");
        assertThat(shell.run("iso", "seed", "--user-data", "user", "--label", "other", "-o", "x.iso")).isEqualTo(2);
        assertThat(shell.err()).contains("cidata");
    }

    @Test
    void inspectTellsWhatAnImageIsAndWhereItIsDamaged() throws IOException {
        Path image = build("in.iso");
        kindling("iso", "inspect", "in.iso", "--verify");
        assertThat(shell.out()).contains("label       TEST_MEDIUM", "boots       ", "GPT 1", "verified");
        kindling("iso", "inspect", "in.iso", "--json");
        JsonNode report = new ObjectMapper().readTree(shell.out()).get("report");
        assertThat(report.get("volume").get("label").asText()).isEqualTo("TEST_MEDIUM");
        assertThat(report.get("boot")).hasSize(2);

        byte[] bytes = Files.readAllBytes(image);
        Files.write(directory.resolve("cut.iso"), Arrays.copyOf(bytes, bytes.length / 2));
        assertThat(shell.run("iso", "inspect", "cut.iso", "--verify")).isEqualTo(1);
        assertThat(shell.out()).contains("problem     ");
        assertThat(shell.err()).contains("problem");
        Files.writeString(directory.resolve("text.iso"), "no image");
        assertThat(shell.run("iso", "inspect", "text.iso")).isEqualTo(1);
        assertThat(shell.err()).contains("CD001");
        assertThat(shell.run("iso", "inspect", "none.iso")).isEqualTo(1);
        assertThat(shell.err()).contains("there is no ").contains("none.iso");
    }

    @Test
    void extractRestoresTheTree() throws IOException {
        // not ours: what xorriso wrote
        other("xorriso", "-as", "mkisofs", "-quiet", "-R", "-J", "-o", "in.iso", "tree");
        kindling("iso", "extract", "in.iso", "--to", "out");
        other("diff", "-r", "--no-dereference", "tree", "out");
        assertThat(Files.getPosixFilePermissions(directory.resolve("out/docs/old.txt")))
                .isEqualTo(PosixFilePermissions.fromString("rwxr-x--x"));
        assertThat(Files.getLastModifiedTime(directory.resolve("out/docs/old.txt")).toMillis() / 1000)
                .isEqualTo(Files.getLastModifiedTime(tree.resolve("docs/old.txt")).toMillis() / 1000);
        kindling("iso", "extract", "in.iso", "isolinux", "--to", "part");
        assertThat(shell.run("iso", "extract", "in.iso", "none", "--to", "part")).isEqualTo(1);
        assertThat(shell.err()).contains("none");
    }

    @Test
    void writePutsAnImageIntoAFileAndRefusesWhatIsNoDrive() throws IOException {
        Path image = build("in.iso");
        Path stick = directory.resolve("stick");
        Files.write(stick, new byte[(int) Files.size(image) + 4096]);
        kindling("iso", "write", "in.iso", "--device", "stick");
        assertThat(Arrays.copyOf(Files.readAllBytes(stick), (int) Files.size(image)))
                .isEqualTo(Files.readAllBytes(image));
        assertThat(shell.run("iso", "write", "in.iso", "--device", "/dev/null")).isEqualTo(2);
        assertThat(shell.err()).contains("is no whole drive");
    }

    @Test
    void diskIsMadeInspectedAndExtracted() throws IOException {
        Files.write(directory.resolve("root.ext4"), new byte[2_000_000]);
        for (String name : List.of("disk.img", "disk.qcow2")) {
            kindling("iso", "disk", "-o", name, "--partition", "efi=tree/EFI", "--partition", "linux:root=root.ext4",
                    "--epoch", EPOCH);
            kindling("iso", "inspect", name, "--verify");
            assertThat(shell.out()).contains("partition 1 ", "'EFI system': FAT", "1 files", "'root': nothing",
                    "verified");
            kindling("iso", "extract", name, "--to", "out-" + name);
            assertThat(directory.resolve("out-" + name + "/1/BOOT/BOOTX64.EFI"))
                    .hasSameBinaryContentAs(tree.resolve("EFI/BOOT/BOOTX64.EFI"));
            assertThat(directory.resolve("out-" + name + "/2.img")).hasSize(2 << 20);
        }
        assertThat(other("sgdisk", "-v", "disk.img")).contains("No problems found");
        assertThat(other("qemu-img", "info", "disk.qcow2")).contains("file format: qcow2");
        kindling("iso", "inspect", "disk.img", "--json");
        assertThat(new ObjectMapper().readTree(shell.out()).get("report").get("partitions")).hasSize(2);
    }

    @Test
    void diskRefusesWhatCannotBe() throws IOException {
        assertThat(shell.run("iso", "disk", "-o", "x", "--partition", "linux=tree")).isEqualTo(2);
        assertThat(shell.err()).contains("directories become FAT");
        assertThat(shell.run("iso", "disk", "-o", "x", "--partition", "efi")).isEqualTo(2);
        assertThat(shell.err()).contains("KIND=PATH");
        assertThat(shell.run("iso", "disk", "-o", "x", "--partition", "nonsense=tree/docs/old.txt")).isEqualTo(2);
        assertThat(shell.err()).contains("GUID");
        assertThat(shell.run("iso", "disk", "-o", "x", "--partition", "efi=tree/EFI", "--size", "1")).isEqualTo(2);
        assertThat(shell.err()).contains("need a disk of");
        assertThat(shell.run("iso", "disk", "-o", "x", "--partition", "data=tree/docs")).isEqualTo(2);
        assertThat(shell.err()).contains("symbolic link");
        assertThat(directory.resolve("x")).doesNotExist();
    }

    @Test
    void udfAndSquashfsAreExtracted() throws IOException {
        other("genisoimage", "-quiet", "-udf", "-o", "udf.iso", "tree/EFI");
        kindling("iso", "inspect", "udf.iso", "--verify");
        assertThat(shell.out()).contains("UDF 1.02 with 1 files");
        kindling("iso", "extract", "udf.iso", "--to", "udf");
        other("mksquashfs", "tree", "tree.squashfs", "-quiet", "-no-progress");
        kindling("iso", "inspect", "tree.squashfs");
        assertThat(shell.out()).contains("squashfs");
        kindling("iso", "extract", "tree.squashfs", "--to", "squash");
        assertThat(directory.resolve("udf/BOOT/BOOTX64.EFI"))
                .hasSameBinaryContentAs(tree.resolve("EFI/BOOT/BOOTX64.EFI"));
        other("diff", "-r", "--no-dereference", "tree", "squash");
    }
}
