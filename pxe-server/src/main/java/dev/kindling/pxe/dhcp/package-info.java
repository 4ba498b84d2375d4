/**
 * DHCP and ProxyDHCP for IPv4 (RFC 2131, RFC 4578, PXE 2.1): the packet codec, the leases, and the decisions as a
 * function of {@code (packet, arrival, time)} to replies and events. No sockets and no threads here; the only I/O is
 * the {@link dev.kindling.pxe.dhcp.LeaseLog}.
 */
@NullMarked
package dev.kindling.pxe.dhcp;

import org.jspecify.annotations.NullMarked;
