package dev.kindling.engine.model;

import java.util.Locale;
import java.util.regex.Pattern;

/** An Ethernet address, in lower case with colons: {@code 52:54:00:4b:4c:01}. */
public record MacAddress(String value) implements Comparable<MacAddress> {
    private static final Pattern CANONICAL = Pattern.compile("[0-9a-f]{2}(:[0-9a-f]{2}){5}");

    public MacAddress {
        value = value.toLowerCase(Locale.ROOT).replace('-', ':');
        if (!CANONICAL.matcher(value).matches()) {
            throw new IllegalArgumentException("not a MAC address: " + value);
        }
    }

    @Override
    public int compareTo(MacAddress other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
