/**
 * A machine's firmware that boots over real sockets, against any server: for self-tests, rehearsals and load.
 *
 * <p>
 * It is the peer of the server, so it takes from it no more than the packet formats.
 */
@NullMarked
package dev.kindling.pxe.client;

import org.jspecify.annotations.NullMarked;
