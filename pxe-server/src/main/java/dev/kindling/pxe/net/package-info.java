/**
 * UDP sockets bound to one network interface each, and what the kernel tells about ports and neighbours. The only place
 * with native access (Netty's epoll transport).
 */
@NullMarked
package dev.kindling.pxe.net;

import org.jspecify.annotations.NullMarked;
