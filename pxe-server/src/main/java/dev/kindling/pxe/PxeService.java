package dev.kindling.pxe;

/** A boot service that is open: in this process ({@link PxeServer}), or in one of its own ({@link RemotePxeServer}). */
public sealed interface PxeService extends AutoCloseable permits PxeServer, RemotePxeServer {
    /** As really bound; 0 for what is not served: without DHCP, without IPv4, or without a certificate. */
    PxeConfig.Ports ports();

    /** The UDP port of DHCP, as really bound; 0 in {@link PxeConfig.Mode#NONE}, or without IPv4. */
    default int dhcpPort() {
        return ports().dhcp();
    }

    /** The UDP port of the PXE boot server (4011), as really bound; 0 where {@link #dhcpPort} is. */
    default int proxyPort() {
        return ports().proxy();
    }

    /** The UDP port of TFTP, as really bound. */
    default int tftpPort() {
        return ports().tftp();
    }

    /** The TCP port of HTTP, as really bound. */
    default int httpPort() {
        return ports().http();
    }

    /** The TCP port of HTTPS, as really bound; 0 where there is no certificate. */
    default int httpsPort() {
        return ports().https();
    }

    /** Ends all transfers and frees the ports. Leases stay where they are stored. */
    @Override
    void close();
}
