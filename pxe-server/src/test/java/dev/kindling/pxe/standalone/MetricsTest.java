package dev.kindling.pxe.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.Agent;
import dev.kindling.pxe.BootSource.Protocol;
import dev.kindling.pxe.Firmware;
import dev.kindling.pxe.MacAddress;
import dev.kindling.pxe.PoolUse;
import dev.kindling.pxe.PxeEvent;
import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsTest {
    private static final Instant AT = Instant.parse("2026-11-21T12:00:00Z");
    private static final MacAddress MAC = new MacAddress("52:54:00:00:00:01");

    private final Metrics metrics = new Metrics();

    private void ignored(String reason) {
        metrics.accept(new PxeEvent.Ignored(AT, MAC, reason, reason));
    }

    @Test
    void countsRequestsAndAnswersByType() {
        metrics.accept(new PxeEvent.DhcpSeen(AT, MAC, "DISCOVER", Agent.IPXE, Firmware.BIOS, ""));
        metrics.accept(new PxeEvent.DhcpSeen(AT, MAC, "DISCOVER", Agent.IPXE, Firmware.BIOS, ""));
        metrics.accept(new PxeEvent.DhcpAnswered(AT, MAC, "OFFER", InetAddress.ofLiteral("10.0.0.9"), null, ""));

        assertThat(metrics.text()).contains("""
                # TYPE kindling_dhcp_requests_total counter
                kindling_dhcp_requests_total{type="DISCOVER",agent="ipxe"} 2
                """, "kindling_dhcp_answers_total{type=\"OFFER\"} 1\n");
    }

    @Test
    void aTransferIsInEachBucketFromItsOwnDurationOn() {
        metrics.accept(new PxeEvent.FetchStarted(AT, MAC, Protocol.TFTP, "f", 700, ""));
        metrics.accept(new PxeEvent.FetchStarted(AT, MAC, Protocol.TFTP, "f", 700, ""));
        metrics.accept(new PxeEvent.FetchStarted(AT, MAC, Protocol.TFTP, "f", 700, ""));
        metrics.accept(new PxeEvent.FetchDone(AT, MAC, Protocol.TFTP, "f", 700, 100, ""));
        metrics.accept(new PxeEvent.FetchFailed(AT, MAC, Protocol.TFTP, "f", "gone", ""));

        assertThat(metrics.text()).contains("_bucket{protocol=\"tftp\",le=\"0.01\"} 0\n",
                "_bucket{protocol=\"tftp\",le=\"0.1\"} 1\n", "_bucket{protocol=\"tftp\",le=\"600.0\"} 1\n",
                "_bucket{protocol=\"tftp\",le=\"+Inf\"} 1\n", "kindling_transfer_seconds_sum{protocol=\"tftp\"} 0.1\n",
                "kindling_transfer_seconds_count{protocol=\"tftp\"} 1\n",
                "kindling_transfer_bytes_total{protocol=\"tftp\"} 700\n",
                "kindling_transfers_active{protocol=\"tftp\"} 1\n",
                "kindling_refusals_total{service=\"tftp\",reason=\"gone\"} 1\n");
    }

    @Test
    void whatOthersSendIsEscapedAndKeepsToItsLine() {
        ignored("a \"name\" with \\ and\na line of its own 1");

        assertThat(metrics.text()).contains(
                "kindling_refusals_total{service=\"dhcp\",reason=\"a \\\"name\\\" with \\\\ and\\na line of its own 1\"} 1\n");
        assertThat(metrics.text().lines()).allMatch(line -> line.startsWith("#")
                || line.matches("[a-z_]+(\\{[a-z]+=\".*\"})? [0-9.E]+"));
    }

    @Test
    void forgedReasonsAndServersDoNotFillTheMemory() {
        ignored("known");
        for (int i = 0; i < 10_000; i++) {
            ignored("reason " + i);
            metrics.accept(new PxeEvent.ForeignServer(AT, null,
                    InetAddress.ofLiteral("10." + i / 250 + ".0." + (1 + i % 250)), null, ""));
        }
        ignored("known");

        String text = metrics.text();
        assertThat(text).contains("kindling_refusals_total{service=\"dhcp\",reason=\"known\"} 2\n")
                .containsPattern("kindling_refusals_total\\{service=\"dhcp\",reason=\"other\"} 99\\d\\d\n")
                .containsPattern("kindling_foreign_server_seen_total\\{address=\"other\"} 99\\d\\d\n");
        assertThat(text.lines()).hasSizeLessThan(150);
    }

    @Test
    void showsPoolsAndEveryStageAsTheyAreWhenItIsAsked() {
        metrics.follow(() -> List.of(new PoolUse("10.0.0.1/24", 100, 97, 2, 1, 0)),
                () -> List.of(BootProgress.first(new PxeEvent.DhcpSeen(AT, MAC, "DISCOVER", Agent.FIRMWARE_PXE,
                        Firmware.BIOS, "")).orElseThrow()));

        assertThat(metrics.text()).contains("kindling_pool_free{network=\"10.0.0.1/24\"} 97\n",
                "kindling_leases{network=\"10.0.0.1/24\"} 2\n", "kindling_machines{stage=\"seen\"} 1\n",
                "kindling_machines{stage=\"kernel\"} 0\n");
    }
}
