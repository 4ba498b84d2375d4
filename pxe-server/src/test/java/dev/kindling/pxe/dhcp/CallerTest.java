package dev.kindling.pxe.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.Firmware;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CallerTest {
    @ParameterizedTest(name = "option 93 {0}, class {1} is {2}")
    @CsvSource({
            "0000,         PXEClient,            BIOS,       BIOS PXE firmware",
            "0007,         PXEClient,            UEFI_X64,   UEFI x64 PXE firmware",
            "0009,         PXEClient,            UEFI_X64,   UEFI x64 PXE firmware",
            "000b,         PXEClient,            UEFI_ARM64, UEFI arm64 PXE firmware",
            "0010,         HTTPClient,           UEFI_X64,   UEFI x64 HTTP Boot firmware",
            "0013,         HTTPClient,           UEFI_ARM64, UEFI arm64 HTTP Boot firmware",
            "0006,         PXEClient,            UEFI_X86,   UEFI x86 (32 bit) PXE firmware",
            "ff06,         PXEClient,            OTHER,      unknown PXE firmware",
            // the first one that is known
            "ff060007,     PXEClient,            UEFI_X64,   UEFI x64 PXE firmware",
            "0009000000,   PXEClient,            UEFI_X64,   UEFI x64 PXE firmware",
            // no option 93, or an empty one: the vendor class says it too
            "'',           PXEClient:Arch:00009, UEFI_X64,   UEFI x64 PXE firmware",
            "'',           PXEClient,            OTHER,      unknown PXE firmware"})
    @DisplayName("lesson 4: architectures 7 and 9 are UEFI x64; of several values the first that is known wins")
    void tellsTheFirmware(String architectures, String vendorClass, Firmware firmware, String text) {
        Caller caller = Caller.of(Lab.message(MessageType.DISCOVER, 1).withOptions(DhcpOptions.none()
                .with(OptionCode.CLIENT_ARCHITECTURE, HexFormat.of().parseHex(architectures))
                .with(OptionCode.VENDOR_CLASS, vendorClass)));

        assertThat(caller.firmware()).isEqualTo(firmware);
        assertThat(caller.text()).isEqualTo(text);
    }

    @ParameterizedTest(name = "user class {0} is {1}")
    @CsvSource({"iPXE, IPXE", "'\4iPXE', IPXE", "'\3abc\4iPXE', IPXE", "'\11iPXE', FIRMWARE_PXE", "gPXE, FIRMWARE_PXE",
            "'', FIRMWARE_PXE", "'\0\4iPXE', FIRMWARE_PXE", "iPXEx, FIRMWARE_PXE"})
    @DisplayName("lesson 18: option 77 with and without lengths")
    void knowsIpxeByItsUserClassWithAndWithoutLength(String userClass, Agent agent) {
        Caller caller = Caller.of(Lab.message(MessageType.DISCOVER, 1).withOptions(DhcpOptions.none()
                .with(OptionCode.USER_CLASS, userClass.getBytes(StandardCharsets.ISO_8859_1))
                .with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001")));

        assertThat(caller.agent()).isEqualTo(agent);
    }

    @Test
    void takesAnyOtherClassForAnOperatingSystem() {
        assertThat(Caller.of(Lab.with(Lab.message(MessageType.DISCOVER, 1), OptionCode.VENDOR_CLASS, "udhcp 1.35.0"))
                .agent()).isEqualTo(Agent.OPERATING_SYSTEM);
        assertThat(Caller.of(Lab.message(MessageType.DISCOVER, 1)).text()).isEqualTo("an operating system");
    }

    @Test
    @DisplayName("lesson 18: a missing option 97 is accepted")
    void needsNoOption97() {
        Caller caller = Caller.of(Lab.pxe(MessageType.DISCOVER, 1, 7));
        assertThat(caller.uuid()).isNull();
        assertThat(caller.text()).isEqualTo("UEFI x64 PXE firmware");
    }

    @ParameterizedTest(name = "option 97 {0} is {1}")
    @CsvSource(nullValues = "-", value = {
            "00014c444b0302054486075254004b4c01, 4b444c01-0203-4405-8607-5254004b4c01",
            "01014c444b0302054486075254004b4c01, -", "0000000000000000000000000000000000, -",
            "00ffffffffffffffffffffffffffffffff, -", "00014c, -", "'', -"})
    void readsTheUuidAsSmbiosHoldsIt(String option, @Nullable String uuid) {
        Caller caller = Caller.of(Lab.message(MessageType.DISCOVER, 1)
                .withOptions(DhcpOptions.none().with(OptionCode.CLIENT_UUID, HexFormat.of().parseHex(option))));

        assertThat(caller.uuid()).isEqualTo(uuid == null ? null : UUID.fromString(uuid));
    }
}
