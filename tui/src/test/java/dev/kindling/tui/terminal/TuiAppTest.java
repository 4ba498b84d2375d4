package dev.kindling.tui.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import com.googlecode.lanterna.SGR;
import com.googlecode.lanterna.TerminalSize;
import com.googlecode.lanterna.TextCharacter;
import com.googlecode.lanterna.input.KeyStroke;
import com.googlecode.lanterna.input.KeyType;
import com.googlecode.lanterna.terminal.virtual.DefaultVirtualTerminal;
import dev.kindling.tui.FakeKindling;
import dev.kindling.tui.FakePrimer;
import dev.kindling.tui.MutableClock;
import dev.kindling.tui.Racks;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The edge: Lanterna's own terminal in memory, its keys in and its cells out. */
class TuiAppTest {
    @TempDir
    Path directory;
    private final MutableClock clock = new MutableClock(Racks.START);
    private final FakeKindling kindling = new FakeKindling(Path.of("/ws"), clock);
    private final DefaultVirtualTerminal terminal = new DefaultVirtualTerminal(new TerminalSize(80, 24));
    @SuppressWarnings("NullAway.Init")
    private TuiApp app;

    @BeforeEach
    void open() throws IOException {
        kindling.known(Racks.draft("simulated"), Racks.untilStuck());
        app = new TuiApp(terminal, kindling, new FakePrimer(false), directory, "kindling tui", false, clock,
                Runnable::run);
        app.open();
        app.turn();
    }

    private String screen() {
        StringBuilder text = new StringBuilder();
        for (int row = 0; row < terminal.getTerminalSize().getRows(); row++) {
            for (int column = 0; column < terminal.getTerminalSize().getColumns(); column++) {
                text.append(terminal.getCharacter(column, row).getCharacterString());
            }
            text.append('\n');
        }
        return text.toString();
    }

    private void press(KeyType key) throws IOException {
        terminal.addInput(new KeyStroke(key));
        turns();
    }

    private void type(char key) throws IOException {
        terminal.addInput(new KeyStroke(key, false, false));
        turns();
    }

    /** News of the engine become a status at the next turn but one. */
    private void turns() throws IOException {
        for (int i = 0; i < 3; i++) {
            clock.advance(Duration.ofSeconds(1));
            app.turn();
        }
    }

    @Test
    void whatIsRenderedIsWhatTheTerminalShows() throws IOException {
        press(KeyType.Enter);
        assertThat(screen().lines().toList()).isEqualTo(app.lines());
        assertThat(screen()).contains("STUCK: no DHCP", "! STAND-IN");
    }

    @Test
    void coloursAndReverseReachTheTerminal() throws IOException {
        press(KeyType.Enter);
        TextCharacter title = terminal.getCharacter(1, 0);
        assertThat(title.getModifiers()).contains(SGR.REVERSE);
        int row = screen().lines().toList().indexOf(
                screen().lines().filter(line -> line.contains("STUCK")).findFirst().orElseThrow());
        int column = screen().lines().toList().get(row).indexOf("STUCK");
        assertThat(terminal.getCharacter(column, row).getForegroundColor())
                .isEqualTo(com.googlecode.lanterna.TextColor.ANSI.RED);
    }

    @Test
    void newsOfTheEngineAreDrawn() throws IOException {
        press(KeyType.Enter);
        kindling.script(Racks.goodRun(false).subList(Racks.untilStuck().size(), Racks.goodRun(false).size()));
        kindling.play(100);
        turns();
        assertThat(screen()).contains("READY", "the cluster is up").doesNotContain("STUCK");
    }

    @Test
    void aServerThatIsGoneIsSaidToBeSoUntilItAnswersAgain() throws IOException {
        press(KeyType.Enter);
        kindling.outOfReach(true);
        turns();
        turns();
        assertThat(screen()).contains("NO ANSWER, this is old: http://rack7 does not answer");
        kindling.outOfReach(false);
        turns();
        turns();
        assertThat(screen()).contains("STUCK: no DHCP").doesNotContain("NO ANSWER");
    }

    @Test
    void anotherSizeIsAnotherLayoutAndTinyIsNoPanic() throws IOException {
        press(KeyType.Enter);
        for (TerminalSize size : new TerminalSize[]{new TerminalSize(20, 5), new TerminalSize(1, 1),
                new TerminalSize(40, 12), new TerminalSize(120, 40)}) {
            terminal.setTerminalSize(size);
            turns();
            assertThat(screen().lines().toList()).isEqualTo(app.lines());
        }
        assertThat(screen()).contains("wrote 27 of 64 MiB");
    }

    @Test
    void ctrlCDetachesAndTheTerminalIsGivenBack() throws IOException {
        press(KeyType.Enter);
        terminal.addInput(new KeyStroke('c', true, false));
        turns();
        assertThat(app.farewell()).contains("goes on without this screen", "kindling tui");
        app.close();
        assertThat(kindling.calls()).doesNotContain("cancel run-1");
    }

    @Test
    void qLeavesTheStartScreen() throws IOException {
        type('q');
        assertThat(app.farewell()).isEmpty();
    }
}
