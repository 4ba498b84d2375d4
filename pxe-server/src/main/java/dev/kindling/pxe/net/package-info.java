/**
 * UDP sockets bound to one network interface each, whole Ethernet frames, and what the kernel tells about ports,
 * neighbours and VLANs. The only place with native access (Netty's epoll transport, and system calls by the FFM API).
 */
@NullMarked
package dev.kindling.pxe.net;

import org.jspecify.annotations.NullMarked;
