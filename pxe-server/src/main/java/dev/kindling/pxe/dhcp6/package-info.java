/**
 * DHCPv6 for network boot (RFC 8415, RFC 5970) and the router advertisements that make machines ask for it. Decisions
 * are pure: a datagram and the time in, an {@code Outcome} out.
 */
@NullMarked
package dev.kindling.pxe.dhcp6;

import org.jspecify.annotations.NullMarked;
