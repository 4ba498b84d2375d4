/**
 * A read-only TFTP server (RFC 1350, 2347, 2348, 2349, 7440).
 *
 * <p>
 * {@link dev.kindling.pxe.tftp.Transfer} decides and knows neither sockets nor clocks; {@link TftpServer} moves the
 * packets.
 */
@NullMarked
package dev.kindling.pxe.tftp;

import org.jspecify.annotations.NullMarked;
