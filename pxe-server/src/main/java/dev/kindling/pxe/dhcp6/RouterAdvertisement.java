package dev.kindling.pxe.dhcp6;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PxeConfig.Link6;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The message that tells the machines of a link to ask DHCPv6 for an address and for the rest (RFC 4861 section 4.2:
 * flags M and O). We are nobody's router: the router's lifetime is zero, and no machine makes an address of its own
 * from the prefix, it only learns that the prefix is on this link.
 */
public final class RouterAdvertisement {
    private static final int TYPE = 134;
    private static final int MANAGED_AND_OTHER = 0xc0;
    private static final int ON_LINK = 0x80;
    private static final int SOURCE_LINK_LAYER_ADDRESS = 1;
    private static final int PREFIX_INFORMATION = 3;
    private static final int RDNSS = 25;

    private RouterAdvertisement() {}

    /**
     * The ICMPv6 message, with a check sum of zero for the kernel to fill in.
     *
     * @param mac of our interface
     */
    public static byte[] encode(Link6 link, MacAddress mac) {
        int lifetime = Math.clamp(link.lifetime().toSeconds(), 1, Integer.MAX_VALUE);
        var message = ByteBuffer.allocate(16 + 8 + 32 + 8 + 16 * link.dns().size());
        // no word on the hop limit, nor on reachable and retransmission times
        message.put((byte) TYPE).put((byte) 0).putShort((short) 0).put((byte) 0).put((byte) MANAGED_AND_OTHER)
                .putShort((short) 0).putInt(0).putInt(0);
        message.put((byte) SOURCE_LINK_LAYER_ADDRESS).put((byte) 1).put(mac.bytes());
        message.put((byte) PREFIX_INFORMATION).put((byte) 4).put((byte) link.prefixLength()).put((byte) ON_LINK)
                .putInt(lifetime).putInt(lifetime).putInt(0).put(prefix(link.address(), link.prefixLength()));
        if (!link.dns().isEmpty()) {
            // RFC 8106 section 5.1; its length counts units of 8 bytes
            message.put((byte) RDNSS).put((byte) (1 + 2 * link.dns().size())).putShort((short) 0).putInt(lifetime);
            link.dns().forEach(server -> message.put(server.getAddress()));
        }
        return Arrays.copyOf(message.array(), message.position());
    }

    /** The message that says that there is neither a router nor a prefix nor a DHCPv6 server here. */
    public static byte[] absence() {
        return ByteBuffer.allocate(16).put((byte) TYPE).array();
    }

    private static byte[] prefix(InetAddress address, int length) {
        byte[] bytes = address.getAddress();
        for (int bit = length; bit < 128; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> bit % 8);
        }
        return bytes;
    }
}
