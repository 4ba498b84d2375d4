package dev.kindling.pxe.client;

import java.io.IOException;

/** A step of the boot failed; the message says why, as the firmware would. */
final class BootException extends IOException {
    private static final long serialVersionUID = 1L;
    private final String step;

    BootException(String step, String reason) {
        super(reason);
        this.step = step;
    }

    String step() {
        return step;
    }
}
