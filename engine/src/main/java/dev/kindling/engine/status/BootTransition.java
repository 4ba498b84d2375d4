package dev.kindling.engine.status;

import dev.kindling.engine.api.BootStage;

/**
 * What a piece of evidence means for the stage that a machine is in. The whole table is in the test's
 * {@code boot-transitions.txt}.
 *
 * @param stage the stage after it
 * @param meaning how it is to be read
 */
record BootTransition(BootStage stage, Meaning meaning) {
    enum Meaning {
        /** The same stage or a later one. */
        FORWARD,
        /** Expected on the way from the written disk to the installed system: the stage stays. */
        RESTARTING,
        /** Repeated or late, or it tells nothing about the stage: the stage stays. */
        NO_CHANGE,
        /** The machine began anew. */
        NEW_BOOT
    }

    static BootTransition of(BootStage current, BootStage observed) {
        if (observed.compareTo(current) >= 0) {
            return new BootTransition(observed, Meaning.FORWARD);
        }
        return switch (observed) {
            // Somebody switched it, which is no matter of inference.
            case WAITING, POWERED -> new BootTransition(observed, Meaning.NEW_BOOT);
            // Firmware, iPXE, the stage and the installed system all ask for an address, the last one again and again.
            case DHCP -> new BootTransition(current, Meaning.NO_CHANGE);
            case LOADER, SCRIPT -> current == BootStage.WRITTEN
                    ? new BootTransition(current, Meaning.RESTARTING)
                    : new BootTransition(observed, Meaning.NEW_BOOT);
            case KERNEL, INSTALLER, DISK_BOOT, SYSTEM, JOINING -> new BootTransition(observed, Meaning.NEW_BOOT);
            // The stage repeats its reports until they are answered, so these can come late; a new write follows an
            // inventory.
            case WRITING, WRITTEN -> new BootTransition(current, Meaning.NO_CHANGE);
            case READY -> throw new IllegalStateException("nothing is later than READY");
        };
    }
}
