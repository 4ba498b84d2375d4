package dev.kindling.engine.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.model.AddressRange;
import dev.kindling.engine.model.Addresses;
import dev.kindling.engine.model.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReservationsTest {
    private static List<String> all(Reservations reservations) {
        List<String> assigned = new ArrayList<>();
        for (InetAddress next = reservations.assign(null); next != null; next = reservations.assign(null)) {
            assigned.add(next.getHostAddress());
        }
        return assigned;
    }

    @ParameterizedTest
    @CsvSource({
            "10.77.0.0/28, '10.77.0.11 10.77.0.12 10.77.0.13 10.77.0.14 10.77.0.1 10.77.0.2 10.77.0.3 10.77.0.4 10.77.0.5 10.77.0.6 10.77.0.7 10.77.0.8 10.77.0.9 10.77.0.10'",
            "10.77.0.8/29, '10.77.0.9 10.77.0.10 10.77.0.11 10.77.0.12 10.77.0.13 10.77.0.14'",
            "192.0.2.252/30, '192.0.2.253 192.0.2.254'"})
    void assignsFromTheEleventhOnThenTheFirstTen(String cidr, String assigned) {
        assertThat(all(new Reservations(Cidr.parse(cidr), null, null))).containsExactly(assigned.split(" "));
    }

    @Test
    void assignsAcrossTheEndOfAByte() {
        Reservations reservations = new Reservations(Cidr.parse("127.77.0.0/16"),
                AddressRange.parse("127.77.0.12-127.77.0.255"), null);

        assertThat(reservations.assign(null)).isEqualTo(Addresses.parse("127.77.0.11"));
        assertThat(reservations.assign(null)).isEqualTo(Addresses.parse("127.77.1.0"));
    }

    @Test
    void jumpsOverAPoolOfMillions() {
        Reservations reservations = new Reservations(Cidr.parse("10.0.0.0/8"),
                AddressRange.parse("10.0.0.2-10.255.255.200"), null);

        assertThat(reservations.assign(null)).isEqualTo(Addresses.parse("10.255.255.201"));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void neverAssignsWhatIsTakenAndLeavesNothingFree(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (int round = 0; round < 40; round++) {
            Cidr cidr = Cidr.around(address(random.nextInt(1 << 24)), random.nextInt(22, 31));
            int size = 1 << (32 - cidr.prefixLength());
            AddressRange pool = range(random, cidr, size);
            AddressRange balancers = range(random, cidr, size);
            Reservations reservations = new Reservations(cidr, pool, balancers);
            Set<InetAddress> notFree = new HashSet<>(Set.of(cidr.network(), cidr.last()));
            for (int i = 0; i < 4; i++) {
                InetAddress owned = host(cidr, random.nextInt(size));
                InetAddress stated = host(cidr, random.nextInt(size));
                reservations.reserve(owned, "something");
                reservations.take(new At<>(stated, new Place("", 1, 1)));
                notFree.addAll(List.of(owned, stated));
            }
            Set<String> expected = new HashSet<>();
            for (int i = 0; i < size; i++) {
                InetAddress each = host(cidr, i);
                if (!notFree.contains(each) && !contains(pool, each) && !contains(balancers, each)) {
                    expected.add(each.getHostAddress());
                }
            }
            assertThat(all(reservations)).as("seed %d round %d", seed, round).doesNotHaveDuplicates()
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    private static boolean contains(@Nullable AddressRange range, InetAddress address) {
        return range != null && range.contains(address);
    }

    private static @Nullable AddressRange range(RandomGenerator random, Cidr cidr, int size) {
        int from = random.nextInt(size);
        return random.nextInt(3) == 0
                ? null
                : new AddressRange(host(cidr, from), host(cidr, random.nextInt(from, size)));
    }

    private static InetAddress host(Cidr cidr, int offset) {
        byte[] network = cidr.network().getAddress();
        int number = ((network[1] & 0xff) << 16) + ((network[2] & 0xff) << 8) + (network[3] & 0xff) + offset;
        return address(number);
    }

    private static InetAddress address(int below) {
        return Addresses.parse("10." + (below >> 16 & 0xff) + "." + (below >> 8 & 0xff) + "." + (below & 0xff));
    }
}
