package dev.kindling.engine.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kindling.engine.api.Problem;
import dev.kindling.iso.edit.EmbedArea;
import dev.kindling.iso.image.Content;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PrimerAnswersTest {
    private static final String ENOUGH = "disk.serial=S 1\nerase=S 1\n";

    private static List<String> codes(String text) {
        return PrimerAnswers.read("answers", text).problems().stream()
                .map(problem -> problem.code() + ":" + problem.line()).toList();
    }

    @Test
    void theDiskAndItsConfirmationAreEnough() {
        PrimerAnswers answers = PrimerAnswers.read("answers", "# mine\n\n" + ENOUGH);
        assertThat(answers.problems()).isEmpty();
        assertThat(answers.get("encryption")).isEqualTo("auto");
        assertThat(answers.get("disk.serial")).isEqualTo("S 1");
    }

    @Test
    void nothingIsErasedWithoutTheSerialTwice() {
        assertThat(codes("disk.serial=S1\n")).containsExactly("answers-key-missing:0");
        assertThat(codes("disk.serial=S1\nerase=S2\n")).containsExactly("answers-not-confirmed:0");
        assertThat(codes("disk.serial=\nerase=\n")).contains("answers-value:1", "answers-value:2");
        assertThat(codes("")).containsExactly("answers-key-missing:0", "answers-key-missing:0");
    }

    @ParameterizedTest
    @CsvSource({"encryption=luks, answers-value:3", "hostname=Primer 1, answers-value:3",
            "network.address=10.0.0.5, answers-value:3", "network.address=10.0.0.5/24, answers-key-missing:0",
            "network.dns=1.1.1.1 9.9.9.9, answers-value:3", "after=never, answers-value:3",
            "network.address=10.0.0.256/24, answers-value:3", "network.address=10.0.0.5/33, answers-value:3",
            "network.gateway=10.0.0, answers-value:3", "network.vlan=4095, answers-value:3",
            "network.vlan=0, answers-value:3", "network.vlan=7, answers-key-missing:0",
            "replace=two words, answers-value:3", "console.shell, answers-unknown-key:3",
            "hostnam=x, answers-unknown-key:3",
            "erase=S 1, answers-key-twice:3", "recovery.seconds=-1, answers-value:3"})
    void whatIsWrongIsToldWithItsLine(String line, String expected) {
        assertThat(codes(ENOUGH + line + "\n")).containsExactly(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"network.address=255.0.10.199/32", "network.address=10.0.0.5/9", "network.vlan=1",
            "network.vlan=999", "network.vlan=4094", "replace=1234-abcd", "network.dns=1.1.1.1,9.9.9.9"})
    void whatIsRightIsTaken(String line) {
        assertThat(codes(ENOUGH + "network.mac=52:54:00:00:00:01\n" + line + "\n")).isEmpty();
    }

    @Test
    void everyProblemSaysWhatIsExpected() {
        assertThat(PrimerAnswers.read("answers", "x=1\nafter=never\n").problems()).hasSizeGreaterThan(3)
                .extracting(Problem::expected).noneMatch(String::isEmpty);
    }

    @Test
    void theAreaGivesBackWhatWasPutIn() throws IOException {
        byte[] area = PrimerAnswers.Area.encode(ENOUGH, "kind: Cluster\n---\n");
        assertThat(area).hasSize(PrimerAnswers.Area.BYTES);
        assertThat(PrimerAnswers.Area.decode(area)).containsExactly(ENOUGH, "kind: Cluster\n---\n");
        assertThat(PrimerAnswers.Area.decode(PrimerAnswers.Area.encode("", ""))).containsExactly("", "");
        assertThat(PrimerAnswers.Area.decode(PrimerAnswers.Area.encode("", "d"))).containsExactly("", "d");
    }

    @Test
    void theAreaIsTheOneThatTheImageBuilderFillsInAFinishedImage() throws IOException {
        assertThat(PrimerMedium.ANSWERS).isEqualTo(EmbedArea.PATH);
        assertThat(PrimerAnswers.Area.encode("", ""))
                .isEqualTo(EmbedArea.empty(PrimerAnswers.Area.BYTES - EmbedArea.HEADER));
        byte[] embedded = EmbedArea.read(Content.of(PrimerAnswers.Area.encode(ENOUGH, "definition")), 0);
        assertThat(embedded).asString(StandardCharsets.UTF_8).isEqualTo(ENOUGH + "\n---\ndefinition");
    }

    @Test
    void damageAndOverflowAreNoticed() throws IOException {
        byte[] area = PrimerAnswers.Area.encode(ENOUGH, "");
        byte[] flipped = area.clone();
        flipped[70] ^= 1;
        assertThatThrownBy(() -> PrimerAnswers.Area.decode(flipped)).hasMessageContaining("CRC-32");
        byte[] cut = Arrays.copyOf(area, 80);
        assertThatThrownBy(() -> PrimerAnswers.Area.decode(cut)).hasMessageContaining("cut off");
        assertThatThrownBy(() -> PrimerAnswers.Area.decode(new byte[100])).hasMessageContaining("something else");
        String large = "x".repeat(PrimerAnswers.Area.BYTES);
        assertThatThrownBy(() -> PrimerAnswers.Area.encode(ENOUGH, large)).hasMessageContaining("room for");
    }
}
