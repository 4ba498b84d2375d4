package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.standalone.Reservation;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReservationsFileTest {
    @Test
    void readsAllThatCanBeKeptForAMachine() {
        var read = ReservationsFile.read("""
                machines:
                  - mac: 52:54:00:00:00:01
                    ip: 10.0.0.20
                    hostname: node1
                    boot:
                      uefi-x64: ubuntu/shimx64.efi
                      kernel: vmlinuz
                      initrd: [a.img, b.img]
                      args: console=ttyS0 quiet
                  - uuid: 4C4C4544-0031-3010-8051-b4c04f4b3232
                    boot: {script: own.ipxe, grub: own.cfg, bios: x.0, uefi-arm64: y.efi, uefi-http: "http://a/b"}
                  - client-id: 01:52:54:00:00:00:09
                """);
        assertThat(read.problems()).isEmpty();
        List<Reservation> all = read.reservations().all();
        assertThat(all).hasSize(3);
        assertThat(all.get(0).mac()).isEqualTo(new MacAddress("52:54:00:00:00:01"));
        assertThat(all.get(0).address()).hasToString("/10.0.0.20");
        assertThat(all.get(0).hostName()).isEqualTo("node1");
        assertThat(all.get(0).boot().initrds()).containsExactly("a.img", "b.img");
        assertThat(all.get(0).boot().arguments()).isEqualTo("console=ttyS0 quiet");
        assertThat(all.get(1).uuid()).isEqualTo(UUID.fromString("4c4c4544-0031-3010-8051-b4c04f4b3232"));
        assertThat(all.get(1).boot().script()).isEqualTo("own.ipxe");
        assertThat(all.get(2).clientId()).isEqualTo("01525400000009");
    }

    @Test
    void findsEveryProblemWithItsPlace() {
        var read = ReservationsFile.read("""
                machines:
                  - mac: 52:54:00:00:00:0z
                    ip: 10.0.0.300
                    colour: blue
                  - hostname: a_b
                  - hostname: alone
                  - mac: 52:54:00:00:00:01
                    boot: {script: a, kernel: b}
                  - mac: 52:54:00:00:00:01
                  - text
                """);
        assertThat(read.reservations().all()).isEmpty();
        assertThat(read.problems()).satisfiesExactly(
                p -> assertThat(p).startsWith("2:10: a MAC address").contains("52:54:00:00:00:0z"),
                p -> assertThat(p).startsWith("3:9: an IPv4 address").contains("10.0.0.300"),
                p -> assertThat(p).startsWith("4:5: ").contains("colour", "hostname"),
                p -> assertThat(p).startsWith("5:15: a host name"),
                p -> assertThat(p).startsWith("6:5: a machine needs one of mac, uuid, client-id"),
                p -> assertThat(p).startsWith("8:31: either script or kernel"),
                p -> assertThat(p).startsWith("9:10: mac 52:54:00:00:00:01 is given to a machine in line 7"),
                p -> assertThat(p).startsWith("10:5: a machine is written as"));
    }

    @Test
    void saysWhereTheFileIsNoYaml() {
        assertThat(ReservationsFile.read("machines:\n  - mac: [1\n").problems()).singleElement().asString()
                .startsWith("3:1: ");
    }

    @Test
    void anEmptyFileKeepsNothing() {
        assertThat(ReservationsFile.read("# nothing yet\n").problems()).isEmpty();
    }
}
