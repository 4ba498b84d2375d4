package dev.kindling.pxe.client;

import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.DhcpPacket;
import dev.kindling.pxe.dhcp.MessageType;
import dev.kindling.pxe.dhcp.OptionCode;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.UUID;

/** DHCP messages with the options, and their order, that were captured from real firmware. */
enum Requests {
    /** A PXE ROM; PXE 2.1, table 2-2. */
    BIOS_PXE {
        @Override
        DhcpPacket message(Machine machine, int xid, MessageType type, DhcpOptions choice) {
            var options = append(typed(type), choice).withShort(OptionCode.MAX_MESSAGE_SIZE, 1260)
                    .with(OptionCode.PARAMETER_LIST, hex("0102030506 0b0c0d0f 101112 2b363c43 8081828384858687"))
                    .with(OptionCode.CLIENT_UUID, smbios(machine.uuid()))
                    .with(OptionCode.CLIENT_NETWORK_INTERFACE, hex("010201"))
                    .withShort(OptionCode.CLIENT_ARCHITECTURE, 0)
                    .with(OptionCode.VENDOR_CLASS, "PXEClient:Arch:00000:UNDI:002001");
            return DhcpPacket.request(machine.mac(), xid).withBroadcast(true).withOptions(options);
        }
    },
    /** EDK2, captured from OVMF. */
    UEFI {
        @Override
        DhcpPacket message(Machine machine, int xid, MessageType type, DhcpOptions choice) {
            int architecture = machine.kind().architecture();
            String program = machine.kind() == Machine.Kind.UEFI_HTTP ? "HTTPClient" : "PXEClient";
            var options = append(typed(type), choice)
                    .withShort(OptionCode.MAX_MESSAGE_SIZE, type == MessageType.DISCOVER ? 1472 : 0xff00)
                    .with(OptionCode.PARAMETER_LIST,
                            hex("010203040506 0c0d0f 111216171c 28292a2b 323336 3a3b3c 4243 61 8081828384858687"))
                    .with(OptionCode.CLIENT_UUID, smbios(machine.uuid()))
                    .with(OptionCode.CLIENT_NETWORK_INTERFACE, hex("010300"))
                    .withShort(OptionCode.CLIENT_ARCHITECTURE, architecture)
                    .with(OptionCode.VENDOR_CLASS, "%s:Arch:%05d:UNDI:003000".formatted(program, architecture));
            return DhcpPacket.request(machine.mac(), xid).withBroadcast(true).withOptions(options);
        }
    },
    /** iPXE, captured from Debian's snponly.efi and from the BIOS ROM in QEMU. */
    IPXE {
        @Override
        DhcpPacket message(Machine machine, int xid, MessageType type, DhcpOptions choice) {
            boolean uefi = machine.kind().isUefi();
            // iPXE always says PXE, also where it was loaded by HTTP Boot
            int architecture = machine.kind() == Machine.Kind.UEFI_HTTP ? 7 : machine.kind().architecture();
            byte[] clientId = ByteBuffer.allocate(7).put((byte) 1).put(machine.mac().bytes()).array();
            var options = typed(type).withShort(OptionCode.MAX_MESSAGE_SIZE, 1472)
                    .withShort(OptionCode.CLIENT_ARCHITECTURE, architecture)
                    .with(OptionCode.CLIENT_NETWORK_INTERFACE, hex(uefi ? "01030a" : "010201"))
                    .with(OptionCode.VENDOR_CLASS,
                            "PXEClient:Arch:%05d:UNDI:%s".formatted(architecture, uefi ? "003010" : "002001"))
                    .with(OptionCode.USER_CLASS, "iPXE")
                    .with(OptionCode.PARAMETER_LIST, hex("01030607 0c0f 111a 2b3c 4243 77 8081828384858687 afcb"))
                    .with(OptionCode.IPXE, hex(uefi ? EFI_FEATURES : BIOS_FEATURES))
                    .with(OptionCode.CLIENT_ID, clientId)
                    .with(OptionCode.CLIENT_UUID, smbios(machine.uuid()));
            // on top of a PXE ROM (undionly) it cannot take unicast before it has its address
            return DhcpPacket.request(machine.mac(), xid).withSecs(4)
                    .withBroadcast(machine.kind() == Machine.Kind.BIOS_PXE).withOptions(append(options, choice));
        }
    };

    /** The card's bus ID, the version 1.0.0, and what is built in. */
    private static final String EFI_FEATURES = "b105011af41000 eb03010000 170101 240101 130101 110101 270101 290101"
            + "150101 120101";
    private static final String BIOS_FEATURES = "b105018086100e eb03010000 170101 220101 130101 110101 270101 190101"
            + "290101 100102 210101 150101 180101 120101";

    /**
     * A message.
     *
     * @param choice what a REQUEST adds: the server (54) and the address (50)
     */
    abstract DhcpPacket message(Machine machine, int xid, MessageType type, DhcpOptions choice);

    /** Who speaks first on this machine. */
    static Requests first(Machine.Kind kind) {
        return kind.isIpxe() ? IPXE : kind.isUefi() ? UEFI : BIOS_PXE;
    }

    private static DhcpOptions typed(MessageType type) {
        return DhcpOptions.none().withByte(OptionCode.MESSAGE_TYPE, type.code());
    }

    private static DhcpOptions append(DhcpOptions options, DhcpOptions more) {
        var all = options;
        for (int code : more.codes()) {
            all = all.with(code, more.bytes(code).orElseThrow());
        }
        return all;
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    /** Type 0, then the octets as SMBIOS holds them: the first three fields in little-endian order. */
    private static byte[] smbios(UUID uuid) {
        long high = uuid.getMostSignificantBits();
        return ByteBuffer.allocate(17).put((byte) 0).putInt(Integer.reverseBytes((int) (high >>> 32)))
                .putShort(Short.reverseBytes((short) (high >>> 16))).putShort(Short.reverseBytes((short) high))
                .putLong(uuid.getLeastSignificantBits()).array();
    }
}
