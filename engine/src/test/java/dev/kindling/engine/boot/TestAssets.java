package dev.kindling.engine.boot;

import dev.kindling.engine.boot.BootAssets.Incomplete;
import dev.kindling.engine.boot.BootAssets.KernelFlavour;
import dev.kindling.engine.boot.BootAssets.Ready;
import java.io.IOException;
import java.nio.file.Path;

/** The assets that all tests of a build share. */
final class TestAssets {
    private TestAssets() {}

    static BootAssets get() throws IOException {
        return switch (BootAssets.prepare(Path.of("target", "boot-assets"), KernelFlavour.CLOUD,
                (what, done, total) -> {})) {
            case Ready ready -> ready.assets();
            case Incomplete incomplete -> throw new AssertionError("This test needs: " + incomplete.missing());
        };
    }
}
