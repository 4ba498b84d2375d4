package dev.kindling.engine.api;

/** How far a machine has come, told by real evidence only. The order is the order of a boot. */
public enum BootStage {
    /** Nothing was heard of it. */
    WAITING("waiting"),
    /** It was switched on, or the operator was asked to. */
    POWERED("powered on"),
    /** Its firmware asked for an address. */
    DHCP("DHCP"),
    /** It fetched a network boot program. */
    LOADER("boot loader"),
    /** It fetched its boot script. */
    SCRIPT("boot script"),
    /** It fetched the kernel and the stage. */
    KERNEL("kernel"),
    /** The stage runs and sent the inventory. */
    INSTALLER("installer"),
    /** The stage writes the disk. */
    WRITING("writing disk"),
    /** The disk is written; the machine restarts. */
    WRITTEN("disk written"),
    /** It was told to boot from its disk. */
    DISK_BOOT("disk boot"),
    /** The installed system runs. */
    SYSTEM("system"),
    /** It fetched its install config and forms or joins the cluster. */
    JOINING("joining"),
    /** Its node is Ready. */
    READY("ready");

    private final String label;

    BootStage(String label) {
        this.label = label;
    }

    /** For screens: at most 12 characters. */
    public String label() {
        return label;
    }
}
