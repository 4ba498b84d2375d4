package dev.kindling.tui.primer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.tui.primer.PrimerMachine.Firmware;
import java.io.IOException;
import java.io.RandomAccessFile;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The primer medium as {@code kindling iso primer} makes it, on machines that start from it. QEMU emulates the
 * processor, so that a start takes a minute or two.
 */
class PrimerTest {
    private static final Duration START = Duration.ofMinutes(8);
    private static final String FIRST_SCREEN = "New cluster";
    private static final String KEY = "[a-z2-7]{6}(?:-[a-z2-7]{6}){7}";
    @TempDir
    Path directory;

    /** The command, as a user runs it. */
    private Path medium(String... options) throws IOException, InterruptedException {
        Path image = directory.resolve("primer.iso");
        String classPath = Arrays.stream(System.getProperty("java.class.path").split(":"))
                .filter(each -> !each.endsWith("test-classes")).collect(Collectors.joining(":"));
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED", "-cp", classPath, "dev.kindling.tui.Main", "iso", "primer", "-o",
                image.toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).directory(directory.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(Files.size(image)).as("what fits on a CD").isLessThan(500_000_000);
        return image;
    }

    private Path disk() throws IOException {
        Path disk = directory.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(6L << 30);
        }
        return disk;
    }

    private static List<String> together(List<String> one, List<String> other) {
        List<String> all = new ArrayList<>(one);
        all.addAll(other);
        return all;
    }

    @Test
    void aMachineThatStartsFromTheMediumShowsTheScreensOnItsSerialPort() throws Exception {
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.UEFI, false,
                PrimerMachine.usb(medium()))) {
            machine.shows(START, "starting the primer", FIRST_SCREEN);
        }
    }

    @Tag("full")
    @ParameterizedTest
    @CsvSource({"BIOS, true", "BIOS, false", "UEFI, true", "SECURE_BOOT, true", "SECURE_BOOT, false"})
    void itStartsEveryFirmwareFromOpticalDriveAndFromStick(Firmware firmware, boolean optical) throws Exception {
        Path image = medium();
        try (PrimerMachine machine = PrimerMachine.start(directory, firmware, false,
                optical ? PrimerMachine.cd(image) : PrimerMachine.usb(image))) {
            machine.shows(START, "starting the primer", FIRST_SCREEN);
        }
    }

    /** The answer file is the one of the documentation. */
    private Path answers(String more) throws IOException {
        String page = Files.readString(Path.of(System.getProperty("kindling.home", ".."), "docs/primer.md"));
        int from = page.indexOf("```\n# primer answers");
        assertThat(from).as("docs/primer.md has the example").isPositive();
        String example = page.substring(from + 4, page.indexOf("```", from + 4));
        return Files.writeString(directory.resolve("answers"), example + more);
    }

    @Tag("full")
    @ParameterizedTest
    @CsvSource({"UEFI", "SECURE_BOOT", "BIOS"})
    void anAnswerFileInstallsToAnEmptyDiskThatTheTpmOpensAndTheClusterIsFormed(Firmware firmware) throws Exception {
        Files.writeString(directory.resolve("cluster.yaml"), simulatedCluster());
        Path image = medium("--answers", answers("console.shell=yes\nrecovery.seconds=1\n").toString(), "--definition",
                "cluster.yaml");
        List<String> disk = PrimerMachine.disk(disk(), "PRIMER-1");
        try (PrimerMachine machine = PrimerMachine.start(directory, firmware, true,
                together(disk, PrimerMachine.cd(image)))) {
            machine.shows(START, "Installing the primer", "erasing the partition table", "binding the state volume",
                    "RECOVERY KEY", "The primer is installed", "Restarting in");
            machine.ends(START);
        }
        try (PrimerMachine machine = PrimerMachine.start(directory, firmware, true, disk)) {
            machine.shows(START, "starting the primer", "state volume unlocked by the TPM", "forming the cluster",
                    FIRST_SCREEN);
            machine.type("q");
            machine.shows(START, "A shell of the primer");
            machine.type("until [ -e formed ]; do sleep 2; done; kindling status; hostname; findmnt -n -o SOURCE "
                    + "/var/lib/kindling/state; echo E''ND\n");
            machine.shows(START, "demo", "READY", "primer-1", "/dev/mapper/kindling-state", "END");
        }
    }

    @Tag("full")
    @Test
    void withoutATpmTheRecoveryKeyOpensTheDiskAndASecondStartOfTheMediumInstallsNothing() throws Exception {
        Path image = medium("--answers", answers("encryption=key\nrecovery.seconds=1\n").toString());
        List<String> disk = PrimerMachine.disk(disk(), "PRIMER-1");
        String key;
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false,
                together(disk, PrimerMachine.cd(image)))) {
            machine.shows(START, "RECOVERY KEY");
            machine.shows(START, "write it down.");
            key = machine.line(START, KEY);
            machine.ends(START);
        }
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false,
                together(disk, PrimerMachine.cd(image)))) {
            machine.shows(START, "is on the disk already", FIRST_SCREEN);
        }
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false, disk)) {
            machine.shows(START, "Recovery key of the state volume:");
            machine.type("wrong-key\n");
            machine.shows(START, "This key does not fit", "Recovery key of the state volume:");
            machine.type(key + "\n");
            machine.shows(START, "unlocked by its recovery key", FIRST_SCREEN);
        }
    }

    /** The machine is killed, as if its power went, five times; what was in its memory is lost. */
    @Tag("full")
    @Test
    void anInstallationThatIsCutOffGoesOnWhereItWasAndTheDiskBootsOnlyWhenItIsWhole() throws Exception {
        Path image = medium("--answers", answers("encryption=key\nrecovery.seconds=3\n").toString());
        List<String> disk = PrimerMachine.disk(disk(), "PRIMER-1");
        List<String> both = together(disk, PrimerMachine.cd(image));
        cutOff(both, "Installing the primer", "erasing the partition table", "writing the system 40 %");
        cutOff(both, "was cut off on it, after erasing", "encrypting the state volume");
        cutOff(both, "was cut off on it, after writing the system", "read them back (done)",
                "making the file system", "RECOVERY KEY");
        String key;
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false, both)) {
            machine.shows(START, "was cut off on it, after making the state volume", "write it down.");
            key = machine.line(START, KEY);
            machine.shows(START, "writing the partition table");
        }
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false, both)) {
            // the kill came before the end of the last write, or behind it
            machine.line(START, "after the recovery key was kept|is on the disk already");
            machine.line(START, "The primer is installed|is on the disk already");
            assertThat(machine.toString()).as("the key that was kept stays").doesNotContain("RECOVERY KEY");
        }
        Process check = new ProcessBuilder("sgdisk", "-v", directory.resolve("disk.img").toString())
                .redirectErrorStream(true).start();
        assertThat(new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("No problems found");
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false, disk)) {
            machine.shows(START, "Recovery key of the state volume:");
            machine.type(key + "\n");
            machine.shows(START, "unlocked by its recovery key", FIRST_SCREEN);
        }
    }

    /** Kills the machine when it shows the last of these, and looks at what it leaves. */
    private void cutOff(List<String> devices, String... texts) throws Exception {
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false, devices)) {
            machine.shows(START, texts);
        }
        byte[] head = new byte[1024];
        try (RandomAccessFile file = new RandomAccessFile(directory.resolve("disk.img").toFile(), "r")) {
            file.readFully(head);
        }
        assertThat(head).as("nothing that boots, and no table").containsOnly(0);
    }

    @Tag("full")
    @Test
    void aDiscoveryMediumShowsAndReportsWhatTheMachineIsMadeOf() throws Exception {
        var told = new LinkedBlockingQueue<String>();
        HttpServer receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/inventory", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            // whoever is to listen is not there yet: the medium tries again
            boolean first = told.isEmpty();
            told.add(body);
            exchange.sendResponseHeaders(first ? 503 : 204, -1);
            exchange.close();
        });
        receiver.start();
        // QEMU's own network: the machine sees this computer as 10.0.2.2
        String url = "http://10.0.2.2:" + receiver.getAddress().getPort() + "/inventory";
        try (PrimerMachine machine = PrimerMachine.start(directory, Firmware.BIOS, false,
                together(PrimerMachine.network("52:54:00:4b:77:01"),
                        together(PrimerMachine.disk(disk(), "FOUND-1"),
                                PrimerMachine.cd(medium("--discovery", "--report", url)))))) {
            machine.shows(START, "FOUND-1", "status 503", "Sent to " + url, "only shows what the machine is made of");
            assertThat(told).hasSize(2).last().asString().contains("FOUND-1", "52:54:00:4b:77:01");
        } finally {
            receiver.stop(0);
        }
    }

    private static String simulatedCluster() throws IOException {
        return Files.readString(Path.of(System.getProperty("kindling.home", ".."),
                "tui/src/test/resources/dev/kindling/tui/primer/cluster.yaml"));
    }
}
