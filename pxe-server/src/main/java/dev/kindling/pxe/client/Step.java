package dev.kindling.pxe.client;

/**
 * Something that the machine did, for people and as evidence.
 *
 * @param stage {@code dhcp}, {@code tftp}, {@code http} or {@code ipxe}
 * @param text a line without secrets
 */
public record Step(String stage, String text) {}
