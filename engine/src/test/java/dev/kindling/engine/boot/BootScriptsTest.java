package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.engine.model.MacAddress;
import dev.kindling.engine.model.Machine;
import dev.kindling.engine.model.Role;
import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class BootScriptsTest {
    private static final Machine MACHINE = new Machine("demo-cp-1", "cp", Role.CONTROL_PLANE, Machine.Kind.MANUAL,
            new MacAddress("52:54:00:4b:4c:01"), null, InetAddress.ofLiteral("10.77.0.11"),
            new Machine.DiskSelector("KDL-1", null), null);

    @Test
    void handsTheVlanOfTheNetworkToIpxeAndToTheKernel() {
        assertThat(BootScripts.stage(MACHINE, 100, "http://10.77.0.1", "t0ken", "console=ttyS0")).isEqualTo("""
                #!ipxe
                set vlan 100
                echo Kindling: demo-cp-1 (52:54:00:4b:4c:01) boots the installer
                kernel http://10.77.0.1/files/vmlinuz initrd=stage.img quiet panic=10 console=ttyS0 \
                ifname=bootnet:52:54:00:4b:4c:01 vlan=vlan100:bootnet kindling.url=http://10.77.0.1 \
                kindling.mac=52:54:00:4b:4c:01 kindling.token=t0ken || goto failed
                initrd --name stage.img http://10.77.0.1/files/stage.img || goto failed
                boot || goto failed
                :failed
                echo Kindling: demo-cp-1 could not load the installer from http://10.77.0.1; trying again in 5 seconds
                sleep 5
                chain http://10.77.0.1/m/52:54:00:4b:4c:01/boot.ipxe || goto failed
                """);
    }

    @Test
    void saysNothingOfAVlanWhereTheNetworkIsUntagged() {
        assertThat(BootScripts.stage(MACHINE, null, "http://10.77.0.1", "t0ken", "")).doesNotContain("vlan", "ifname")
                .startsWith("#!ipxe\necho Kindling");
    }
}
