package dev.kindling.pxe;

import java.net.Inet6Address;
import java.net.InetAddress;
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
 */
public record Client(MacAddress mac, @Nullable UUID uuid, Firmware firmware, Agent agent, InetAddress server,
        int httpPort, int httpsPort) {
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
