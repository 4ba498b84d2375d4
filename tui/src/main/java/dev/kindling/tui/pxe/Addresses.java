package dev.kindling.tui.pxe;

import java.net.Inet4Address;
import java.net.InetAddress;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** IPv4 addresses of the command line; names are never looked up. */
final class Addresses implements ITypeConverter<Inet4Address> {
    @Override
    public Inet4Address convert(String text) {
        return parse(text);
    }

    static Inet4Address parse(String text) {
        try {
            if (InetAddress.ofLiteral(text) instanceof Inet4Address four) {
                return four;
            }
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "' is not an IPv4 address");
        }
        throw new TypeConversionException("'" + text + "' is not an IPv4 address");
    }

    /** {@code FROM-TO}. */
    record Range(Inet4Address from, Inet4Address to) {}

    /** For {@link Range}. */
    static final class Ranges implements ITypeConverter<Range> {
        @Override
        public Range convert(String text) {
            String[] ends = text.split("-", -1);
            if (ends.length != 2) {
                throw new TypeConversionException("'" + text + "' is not a range such as 10.0.0.100-10.0.0.199");
            }
            return new Range(parse(ends[0]), parse(ends[1]));
        }
    }
}
