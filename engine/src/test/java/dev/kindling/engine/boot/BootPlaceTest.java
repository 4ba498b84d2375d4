package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.PxeHelper;
import dev.kindling.pxe.net.Privileges;
import java.util.List;
import org.junit.jupiter.api.Test;

class BootPlaceTest {
    private static final Privileges ROOT = new Privileges(0, 0, true);
    private static final Privileges ALICE = new Privileges(1000, 100, false);

    @Test
    void isHereWhereThisProcessMayOpenThePorts() {
        assertThat(BootPlace.choose("", ROOT, command -> true)).isEqualTo(new BootPlace.Here());
    }

    @Test
    void isAHelperBehindSudoWhereThatAsksForNoPassword() {
        assertThat(BootPlace.choose("", ALICE, command -> command.getFirst().equals("/usr/bin/setpriv")))
                .isInstanceOfSatisfying(BootPlace.Helper.class, helper -> assertThat(helper.command())
                        .startsWith("sudo", "-n", "/usr/bin/setpriv", "--reuid=1000", "--regid=100", "--init-groups",
                                "--inh-caps=+net_bind_service,+net_raw", "--ambient-caps=+net_bind_service,+net_raw",
                                "--bounding-set=-all,+net_bind_service,+net_raw", "--no-new-privs")
                        .endsWith(PxeHelper.command().toArray(String[]::new)));
    }

    @Test
    void isTheUsersOwnCommandEvenWhereThisProcessMay() {
        assertThat(BootPlace.choose("  doas  /usr/local/sbin/kindling-boot ", ROOT, command -> true))
                .isEqualTo(new BootPlace.Helper(List.of("doas", "/usr/local/sbin/kindling-boot")));
    }

    @Test
    void isNowhereWithTheWayOutWhereNothingAllowsIt() {
        assertThat(BootPlace.choose("", ALICE, command -> false)).isInstanceOfSatisfying(BootPlace.Nowhere.class,
                nowhere -> {
                    assertThat(nowhere.problem().code()).isEqualTo("boot-privileges");
                    assertThat(nowhere.problem().message()).contains("user id 1000");
                    assertThat(nowhere.problem().remedy()).contains(
                            "'#1000 ALL=(root) NOPASSWD: /usr/bin/setpriv --reuid\\=1000 --regid\\=100 ",
                            "--inh-caps\\=+net_bind_service\\,+net_raw", "| sudo tee /etc/sudoers.d/kindling-boot",
                            "sudo setpriv --reuid=$(id -u)");
                });
    }
}
