package dev.kindling.pxe;

/** What this Java machine uses of its memory. */
public final class Memory {
    private Memory() {}

    /** Octets that are still used behind a garbage collection. */
    public static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
