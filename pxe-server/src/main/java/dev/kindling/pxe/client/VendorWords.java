package dev.kindling.pxe.client;

import dev.kindling.pxe.dhcp.DhcpOptions;
import dev.kindling.pxe.dhcp.OptionCode;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What PXE's part of option 43 tells firmware (PXE 2.1 table 2-1), in words. */
final class VendorWords {
    /** Bits of the discovery control, tag 6. */
    private static final int NO_BROADCAST = 1;
    private static final int NO_MULTICAST = 2;
    private static final int LISTED_ONLY = 4;
    private static final int USE_BOOT_FILE = 8;
    private static final int MULTICAST_ADDRESS = 7;
    private static final int LAST_MTFTP = 5;
    private static final int FOREVER = 255;

    private VendorWords() {}

    /** A phrase for each tag, in their order. */
    static List<String> of(DhcpOptions inside) {
        var words = new ArrayList<String>();
        for (int code : inside.codes()) {
            byte[] value = inside.bytes(code).orElseThrow();
            try {
                words.add(phrase(code, ByteBuffer.wrap(value)));
            } catch (IOException | RuntimeException e) {
                words.add("tag %d of %d octets is malformed".formatted(code, value.length));
            }
        }
        return List.copyOf(words);
    }

    private static String phrase(int code, ByteBuffer value) throws IOException {
        return switch (code) {
            case OptionCode.PXE_DISCOVERY_CONTROL -> discovery(value.get());
            case MULTICAST_ADDRESS -> "multicast discovery at " + address(value);
            case OptionCode.PXE_BOOT_SERVERS -> servers(value);
            case OptionCode.PXE_BOOT_MENU -> menu(value);
            case OptionCode.PXE_MENU_PROMPT -> prompt(value);
            case OptionCode.PXE_BOOT_ITEM -> "boot item " + (value.getShort() & 0xffff);
            default -> code <= LAST_MTFTP
                    ? "multicast TFTP (tag %d)".formatted(code)
                    : "tag %d of %d octets".formatted(code, value.remaining());
        };
    }

    private static String discovery(int bits) {
        var words = new ArrayList<String>();
        if ((bits & USE_BOOT_FILE) != 0) {
            words.add("fetch the boot file of this offer, ask no boot server");
        }
        if ((bits & NO_BROADCAST) != 0) {
            words.add("no broadcast for boot servers");
        }
        if ((bits & NO_MULTICAST) != 0) {
            words.add("no multicast for them");
        }
        if ((bits & LISTED_ONLY) != 0) {
            words.add("only those that are listed");
        }
        return words.isEmpty() ? "look for boot servers in any way" : String.join(", ", words);
    }

    private static String servers(ByteBuffer value) throws IOException {
        var words = new ArrayList<String>();
        while (value.hasRemaining()) {
            int type = value.getShort() & 0xffff;
            var addresses = new ArrayList<String>();
            for (int count = value.get() & 0xff; count > 0; count--) {
                addresses.add(address(value));
            }
            words.add("type %d at %s".formatted(type, addresses.isEmpty() ? "any" : String.join(", ", addresses)));
        }
        return "boot servers: " + String.join("; ", words);
    }

    private static String menu(ByteBuffer value) {
        var words = new ArrayList<String>();
        while (value.hasRemaining()) {
            int type = value.getShort() & 0xffff;
            byte[] text = new byte[value.get() & 0xff];
            value.get(text);
            words.add("%s (type %d)".formatted(new String(text, StandardCharsets.UTF_8), type));
        }
        return "menu: " + String.join(", ", words);
    }

    private static String prompt(ByteBuffer value) {
        int seconds = value.get() & 0xff;
        String text = StandardCharsets.UTF_8.decode(value).toString();
        return seconds == 0
                ? "boots the menu's first item at once"
                : "prompt \"%s\" %s".formatted(text, seconds == FOREVER ? "without end" : "for " + seconds + " s");
    }

    private static String address(ByteBuffer value) throws IOException {
        byte[] four = new byte[4];
        value.get(four);
        return InetAddress.getByAddress(four).getHostAddress();
    }
}
