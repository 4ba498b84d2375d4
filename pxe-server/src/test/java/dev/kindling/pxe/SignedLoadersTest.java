package dev.kindling.pxe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Layouts of distributions, made of Debian's really signed files. */
class SignedLoadersTest {
    private static final Path SHIM = Path.of("/usr/lib/shim/shimx64.efi.signed");

    @TempDir
    private Path root;

    @Test
    @DisplayName("lesson 16: the signed set of the distribution")
    void findsWhatDebianInstalled() throws IOException {
        SignedLoaders debian = SignedLoaders.find(Path.of("/"), Firmware.UEFI_X64).getFirst();

        assertThat(debian.shim()).isEqualTo(SHIM);
        assertThat(debian.grub()).hasToString("/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed");
        assertThat(debian.mokManager()).hasToString("/usr/lib/shim/mmx64.efi.signed");
    }

    @Test
    void findsTheInstallersForBothProcessors() throws IOException {
        for (Firmware firmware : List.of(Firmware.UEFI_X64, Firmware.UEFI_ARM64)) {
            assertThat(SignedLoaders.find(Path.of("/"), firmware)).extracting(SignedLoaders::shim)
                    .anyMatch(shim -> shim.toString().matches(".*/debian-installer/a.*64/bootnet(x|aa)64.efi"));
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            usr/lib/shim/shimx64.efi.signed.latest, usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed, \
            usr/lib/shim/mmx64.efi
            boot/efi/EFI/fedora/shimx64.efi, boot/efi/EFI/fedora/grubx64.efi, boot/efi/EFI/fedora/mmx64.efi
            usr/share/efi/x86_64/shim.efi, usr/share/efi/x86_64/grub.efi, usr/share/efi/x86_64/MokManager.efi
            EFI/BOOT/BOOTX64.EFI, EFI/BOOT/grubx64.efi, EFI/BOOT/mmx64.efi
            EFI/BOOT/bootx64.efi, EFI/BOOT/GRUBX64.EFI, EFI/BOOT/MMX64.EFI
            debian-installer/amd64/bootnetx64.efi, debian-installer/amd64/grubx64.efi,
            """)
    void findsTheSetOfEachDistribution(String shim, String grub, String mokManager) throws IOException {
        copy(SHIM, shim);
        copy(SHIM, grub);
        if (mokManager != null) {
            copy(SHIM, mokManager);
        }

        assertThat(SignedLoaders.find(root, Firmware.UEFI_X64)).singleElement().satisfies(set -> {
            assertThat(root.relativize(set.shim()).toString()).isEqualToIgnoringCase(shim);
            assertThat(root.relativize(set.grub()).toString()).isEqualToIgnoringCase(grub);
            assertThat(set.mokManager() == null).isEqualTo(mokManager == null);
        });
        assertThat(SignedLoaders.find(root, Firmware.UEFI_ARM64)).isEmpty();
    }

    @Test
    void passesOverWhatIsNotSigned() throws IOException {
        copy(SHIM, "EFI/BOOT/BOOTX64.EFI");
        copy(Path.of("/usr/lib/ipxe/snponly.efi"), "EFI/BOOT/grubx64.efi");

        assertThat(SignedLoaders.find(root, Firmware.UEFI_X64)).isEmpty();
    }

    @Test
    void tellsSignedProgramsFromOthers() throws IOException {
        assertThat(SignedLoaders.isSigned(SHIM)).isTrue();
        assertThat(SignedLoaders.isSigned(Path.of("/usr/lib/ipxe/snponly.efi"))).isFalse();
        assertThat(SignedLoaders.isSigned(Path.of("/usr/lib/shim/shimx64.efi"))).isFalse();
        assertThat(SignedLoaders.isSigned(Files.write(root.resolve("short"), new byte[]{'M', 'Z'}))).isFalse();
        byte[] cut = Files.readAllBytes(SHIM);
        assertThat(SignedLoaders.isSigned(Files.write(root.resolve("cut"), java.util.Arrays.copyOf(cut, 5000))))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"shimx64.efi,SHIM", "EFI/BOOT/BOOTX64.EFI,SHIM", "grubx64.efi,GRUB", "EFI/debian/grubx64.efi,GRUB",
            "debian/grub.efi,GRUB", "mmx64.efi,MOK", "MokManager.efi,MOK", "grubaa64.efi,", "revocations.efi,"})
    void servesThemByEveryNameThatShimUses(String path, String which) {
        var set = new SignedLoaders(Firmware.UEFI_X64, Path.of("SHIM"), Path.of("GRUB"), Path.of("MOK"));

        assertThat(set.file(path).map(Path::toString).orElse(null)).isEqualTo(which);
    }

    @ParameterizedTest
    @ValueSource(strings = {"revocations.efi", "revocations_sku.efi", "os/revocations_sbat.efi",
            "shim_certificate_0.efi", "grub/x86_64-efi/command.lst", "debian-installer/arm64/grub/arm64-efi/fs.lst",
            "grub/grub.cfg-01-52-54-00-4b-4c-01", "grub/grub.cfg-0A4D00", "grub/locale/de.gmo"})
    void knowsWhatShimAndGrubLookForInVain(String path) {
        assertThat(SignedLoaders.mayBeMissing(path)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"grubx64.efi", "grub/grub.cfg", "shimx64.efi", "linux", "mmx64.efi"})
    void knowsWhatMustBeThere(String path) {
        assertThat(SignedLoaders.mayBeMissing(path)).isFalse();
    }

    @Test
    void saysThatNobodySignsForABios() {
        assertThatThrownBy(() -> SignedLoaders.find(root, Firmware.BIOS)).hasMessageContaining("BIOS");
    }

    private void copy(Path from, String to) throws IOException {
        Path target = root.resolve(to);
        Files.createDirectories(target.getParent());
        Files.copy(from, target);
    }
}
