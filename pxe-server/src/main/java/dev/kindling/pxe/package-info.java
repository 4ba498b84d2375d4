/**
 * A network boot service: DHCP, ProxyDHCP, TFTP and HTTP for machines that boot from their own firmware.
 *
 * <p>
 * It knows machines and files, never clusters. Whoever starts a {@link dev.kindling.pxe.PxeServer} gives it a
 * {@link dev.kindling.pxe.BootSource}, which decides, and a consumer of {@link dev.kindling.pxe.PxeEvent}, which sees
 * what each machine did.
 */
@NullMarked
package dev.kindling.pxe;

import org.jspecify.annotations.NullMarked;
