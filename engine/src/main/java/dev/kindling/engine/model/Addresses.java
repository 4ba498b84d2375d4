package dev.kindling.engine.model;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.regex.Pattern;

/** IP addresses as text, more strictly than the JDK takes them. */
public final class Addresses {
    private static final Pattern IPV4 = Pattern
            .compile("(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}");

    private Addresses() {}

    /**
     * Parses an IPv4 address of four decimal numbers or an IPv6 address; never asks a name server. Refused, though the
     * JDK takes them: {@code 10.77} (inet_aton's short forms), leading zeros (octal for some), scopes, and IPv4
     * addresses in IPv6 form.
     *
     * @throws IllegalArgumentException where it is neither
     */
    public static InetAddress parse(String text) {
        if (IPV4.matcher(text).matches()) {
            return InetAddress.ofLiteral(text);
        }
        if (text.contains(":") && text.indexOf('%') < 0 && text.indexOf('[') < 0) {
            try {
                InetAddress address = InetAddress.ofLiteral(text);
                if (!(address instanceof Inet4Address)) {
                    return address;
                }
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("'" + text + "' is not an IP address", e);
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not an IP address");
    }
}
