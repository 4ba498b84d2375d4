package dev.kindling.pxe;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A machine that asked by DHCP.
 *
 * @param mac hardware address (chaddr)
 * @param uuid option 97 (RFC 4578), where sent
 * @param firmware from option 93
 * @param agent who is asking
 * @param server address of ours on the link that the packet arrived on: the next-server, and the host of boot URLs
 * @param httpPort port of our HTTP service
 * @param httpsPort port of our HTTPS service; 0 where there is none
 * @param sent what else it said of itself
 * @param way how its message came to us
 */
public record Client(MacAddress mac, @Nullable UUID uuid, Firmware firmware, Agent agent, InetAddress server,
        int httpPort, int httpsPort, Sent sent, Way way) {
    /**
     * What a machine says of itself. Any of it can be forged, and firmware, iPXE and the installed system of one
     * machine say different things.
     *
     * @param clientId option 61, in hexadecimal with its type byte first
     * @param architectures all values of option 93, the preferred one first
     * @param vendorClass option 60
     * @param userClass option 77, without the lengths of RFC 3004; several values joined by a comma
     * @param bootItem type of the PXE boot menu's item that was chosen (option 43 tag 71)
     */
    public record Sent(@Nullable String clientId, List<Integer> architectures, @Nullable String vendorClass,
            @Nullable String userClass, @Nullable Integer bootItem) {
        /** Nothing. */
        public static final Sent NOTHING = new Sent(null, List.of(), null, null, null);

        public Sent {
            architectures = List.copyOf(architectures);
        }
    }

    /**
     * How a message came to us.
     *
     * @param interfaceName of ours that it arrived on; null on loopback
     * @param vlan id of the VLAN, where that interface is a tagged one
     * @param relay giaddr; null where there was no relay agent
     * @param circuitId option 82 sub-option 1, such as a switch port: as text where it is printable, else in
     *            hexadecimal
     * @param remoteId option 82 sub-option 2, likewise
     */
    public record Way(@Nullable String interfaceName, @Nullable Integer vlan, @Nullable InetAddress relay,
            @Nullable String circuitId, @Nullable String remoteId) {
        /** Through an interface, without a VLAN and a relay. */
        public static Way direct(@Nullable String interfaceName) {
            return new Way(interfaceName, null, null, null, null);
        }
    }

    /** An absolute URL of ours by HTTP, such as {@code http://10.0.0.1/boot.ipxe}; the path has no leading slash. */
    public String httpUrl(String path) {
        return url("http", httpPort == 80 ? "" : ":" + httpPort, path);
    }

    /**
     * The same by HTTPS.
     *
     * @throws IllegalStateException where there is no HTTPS service
     */
    public String httpsUrl(String path) {
        if (httpsPort == 0) {
            throw new IllegalStateException("no HTTPS service: it needs a certificate (PxeConfig.tls)");
        }
        return url("https", httpsPort == 443 ? "" : ":" + httpsPort, path);
    }

    /** An IPv6 address stands in brackets (RFC 3986), and its scope means something on this machine only. */
    private String url(String scheme, String port, String path) {
        String host = server.getHostAddress();
        return scheme + "://" + (server instanceof Inet6Address ? "[" + host.replaceFirst("%.*", "") + "]" : host)
                + port + "/" + path;
    }
}
