package dev.kindling.tui.pxe;

import dev.kindling.pxe.PxeConfig.Subnet;
import java.net.Inet4Address;
import java.net.Inet6Address;
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

    private static Inet6Address parse6(String text) {
        try {
            // a scope would need an interface of that name
            if (text.indexOf('%') < 0 && InetAddress.ofLiteral(text) instanceof Inet6Address six) {
                return six;
            }
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException("'" + text + "' is not an IPv6 address");
        }
        throw new TypeConversionException("'" + text + "' is not an IPv6 address");
    }

    /** Of either kind. */
    static final class Any implements ITypeConverter<InetAddress> {
        @Override
        public InetAddress convert(String text) {
            return text.indexOf(':') < 0 ? parse(text) : parse6(text);
        }
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

    /** {@code FROM-TO} of IPv6. */
    record Range6(Inet6Address from, Inet6Address to) {
        /** As it was typed, but in the full form. */
        @Override
        public String toString() {
            return from.getHostAddress() + "-" + to.getHostAddress();
        }
    }

    /** For {@link Range6}. */
    static final class Ranges6 implements ITypeConverter<Range6> {
        @Override
        public Range6 convert(String text) {
            String[] ends = text.split("-", -1);
            if (ends.length != 2) {
                throw new TypeConversionException("'" + text + "' is not a range such as fd00:77::1000-fd00:77::1fff");
            }
            return new Range6(parse6(ends[0]), parse6(ends[1]));
        }
    }

    /** {@code NETWORK/BITS,FROM-TO[,router=IP]}: a network behind a relay agent. */
    static final class Relayed implements ITypeConverter<Subnet> {
        private static final String WANTED = "' is not a relayed network such as 10.5.0.0/24,10.5.0.100-10.5.0.199,router=10.5.0.1";

        @Override
        public Subnet convert(String text) {
            String[] parts = text.split(",", -1);
            String[] network = parts[0].split("/", -1);
            boolean router = parts.length == 3 && parts[2].startsWith("router=");
            if (network.length != 2 || !network[1].matches("[0-9]{1,2}") || !(parts.length == 2 || router)) {
                throw new TypeConversionException("'" + text + WANTED);
            }
            Range pool = new Ranges().convert(parts[1]);
            try {
                Subnet subnet = Subnet.of(parse(network[0]), Integer.parseInt(network[1])).withRange(pool.from(),
                        pool.to());
                if (!router) {
                    return subnet;
                }
                Inet4Address gateway = parse(parts[2].substring("router=".length()));
                if (!subnet.contains(gateway)) {
                    throw new TypeConversionException("the router %s is not in the network %s"
                            .formatted(gateway.getHostAddress(), subnet));
                }
                return subnet.withRouter(gateway);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }
}
