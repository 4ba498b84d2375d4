package dev.kindling.tui.pxe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kindling.pxe.standalone.BootSettings;
import dev.kindling.pxe.standalone.RootDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReservationsWatchTest {
    @TempDir
    private Path directory;

    @Test
    void aFileThatIsBeingWrittenIsReadWhenItIsWhole() throws Exception {
        String one = "machines:\n  - {mac: '52:54:00:00:00:01', ip: 10.77.0.20}\n";
        Path file = Files.writeString(directory.resolve("reservations.yaml"), one);
        var files = new RootDirectory(directory,
                new BootSettings(null, null, null, null, null, null, null, List.of(), null), List.of(), List.of(),
                () -> 80);
        var notes = new ArrayList<String>();
        var watch = ReservationsWatch.of(file, files, notes::add);
        for (String written : List.of("", "machines:\n", one,
                one + "  - {mac: '52:54:00:00:00:02', ip: 10.77.0.21}\n")) {
            Files.writeString(file, written);
            watch.look();
        }
        assertThat(notes).isEmpty();
        watch.look();
        watch.look();
        assertThat(notes).containsExactly("reservations read again: 2 machines");
    }
}
