package dev.kindling.desktop.vm;

/** The screens, in the order of the wizard. */
public enum Screen {
    START("Start", ""), //
    CLUSTER("Cluster", "1"), //
    MACHINES("Machines", "2"), //
    NETWORK("Network", "3"), //
    REVIEW("Review", "4"), //
    RACK("Rack", "5");

    private final String title;
    private final String number;

    Screen(String title, String number) {
        this.title = title;
        this.number = number;
    }

    public String title() {
        return title;
    }

    /** As shown in the navigation; empty for the start page. */
    public String number() {
        return number;
    }

    /** The screen before it; the start page has none and is its own. */
    public Screen before() {
        return switch (this) {
            case START, CLUSTER -> START;
            case MACHINES -> CLUSTER;
            case NETWORK -> MACHINES;
            case REVIEW -> NETWORK;
            case RACK -> REVIEW;
        };
    }

    /** True for the screens that hold answers. */
    public boolean asks() {
        return this == CLUSTER || this == MACHINES || this == NETWORK;
    }
}
