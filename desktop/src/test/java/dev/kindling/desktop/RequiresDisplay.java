package dev.kindling.desktop;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Fails tests of the screens with a clear message where there is no display; they are never skipped. */
final class RequiresDisplay implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
        String display = System.getenv("DISPLAY");
        if (display == null || display.isEmpty()) {
            throw new AssertionError("DISPLAY is not set. Run the build under a virtual display: xvfb-run -a "
                    + "-s '-screen 0 1280x800x24' mvn verify (Debian packages xvfb, xauth)");
        }
    }
}
