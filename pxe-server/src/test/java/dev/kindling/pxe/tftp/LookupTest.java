package dev.kindling.pxe.tftp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a client is told, and what we are told, where a file cannot be had. */
class LookupTest {
    @TempDir
    private Path directory;
    private final List<String> asked = new ArrayList<>();

    private Lookup.Found find(String path, boolean write, String mode, Function<String, @Nullable BootFile> files) {
        var source = new BootSource() {
            @Override
            public Answer answer(Client client) {
                return new Answer.Ignore("files only");
            }

            @Override
            public Optional<BootFile> open(Fetch fetch) {
                asked.add(fetch.path());
                return Optional.ofNullable(files.apply(fetch.path()));
            }
        };
        return new Lookup(source, new OpenFiles()).find(
                new TftpPacket.Request(write, path, mode, new LinkedHashMap<>()), InetAddress.ofLiteral("10.0.0.9"),
                null);
    }

    private Lookup.Found.Denied denied(String path, Function<String, @Nullable BootFile> files) {
        return (Lookup.Found.Denied) find(path, false, "octet", files);
    }

    @Test
    void takesNoFileAndKnowsTwoModes() {
        assertThat(find("f", true, "octet", path -> null)).isEqualTo(
                new Lookup.Found.Denied("f", TftpPacket.Failure.REFUSED, "this server takes no files"));
        assertThat(find("f", false, "mail", path -> null)).isEqualTo(
                new Lookup.Found.Denied("f", TftpPacket.Failure.ILLEGAL, "unknown transfer mode"));
        assertThat(asked).isEmpty();
    }

    @Test
    void asksInLowerCaseWhereThereIsNoFileAsItWasWritten() {
        find("EFI\\BOOT\\BOOTX64.EFI", false, "octet", path -> null);

        assertThat(asked).containsExactly("EFI/BOOT/BOOTX64.EFI", "efi/boot/bootx64.efi");
    }

    @Test
    void aFileThatWentAwayIsNotFound() {
        assertThat(denied("f", path -> BootFile.file(directory.resolve("gone"))).answer())
                .isEqualTo(new TftpPacket.Failure(TftpPacket.Failure.NOT_FOUND, "not found"));
    }

    @Test
    void aReasonForOurPeopleIsNotTheClients() {
        var denied = denied("f", path -> new BootFile.Refused("the machine is not in the definition"));

        assertThat(denied.answer()).isEqualTo(new TftpPacket.Failure(TftpPacket.Failure.REFUSED, "refused"));
        assertThat(denied.reason()).contains("the machine is not in the definition");
    }

    @Test
    void aSourceThatFailsAndAFileThatCannotBeReadAreToldApartAndLeakNoPath() throws IOException {
        var failed = denied("f", path -> {
            throw new IllegalStateException("a bug at /srv/secret");
        });
        Path loop = Files.createSymbolicLink(directory.resolve("loop"), directory.resolve("loop"));
        var unreadable = denied("f", path -> BootFile.file(loop));

        assertThat(failed.answer()).isEqualTo(new TftpPacket.Failure(TftpPacket.Failure.OTHER, "internal error"));
        assertThat(unreadable.answer())
                .isEqualTo(new TftpPacket.Failure(TftpPacket.Failure.OTHER, "cannot be read"));
        assertThat(unreadable.reason()).startsWith("cannot be read: ").contains("loop");
    }
}
