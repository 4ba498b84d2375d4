package dev.kindling.engine.model;

import java.math.BigInteger;
import java.net.InetAddress;

/** Addresses from the first to the last, both included. */
public record AddressRange(InetAddress from, InetAddress to) {
    public AddressRange {
        if (from.getAddress().length != to.getAddress().length || number(from).compareTo(number(to)) > 0) {
            throw new IllegalArgumentException(
                    "the range " + from.getHostAddress() + "-" + to.getHostAddress() + " is empty");
        }
    }

    /** Parses {@code 10.77.0.100-10.77.0.199}; never asks a name server. */
    public static AddressRange parse(String text) {
        int dash = text.indexOf('-');
        if (dash < 0) {
            throw new IllegalArgumentException("'" + text + "' is not of the form FIRST-LAST");
        }
        return new AddressRange(Addresses.parse(text.substring(0, dash).strip()),
                Addresses.parse(text.substring(dash + 1).strip()));
    }

    public boolean contains(InetAddress address) {
        return address.getAddress().length == from.getAddress().length && number(address).compareTo(number(from)) >= 0
                && number(address).compareTo(number(to)) <= 0;
    }

    public boolean overlaps(AddressRange other) {
        return contains(other.from) || other.contains(from);
    }

    private static BigInteger number(InetAddress address) {
        return new BigInteger(1, address.getAddress());
    }

    @Override
    public String toString() {
        return from.getHostAddress() + "-" + to.getHostAddress();
    }
}
