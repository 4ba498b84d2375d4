package dev.kindling.desktop;

import javafx.scene.shape.SVGPath;

/** Line icons on a grid of 16 by 16, drawn for Kindling. Their colour comes from the style sheet. */
enum Icon {
    CHECK("M3 8.5 L6.5 12 L13 4.5"), //
    CROSS("M4 4 L12 12 M12 4 L4 12"), //
    WARNING("M8 2 L14.8 13.8 H1.2 Z M8 6.3 V9.8 M8 11.7 V11.8"), //
    INFO("M8 1.5 A6.5 6.5 0 1 0 8 14.5 A6.5 6.5 0 1 0 8 1.5 Z M8 7.3 V11.2 M8 4.7 V4.8"), //
    PLUS("M8 3 V13 M3 8 H13"), //
    TRASH("M2.8 4.5 H13.2 M6.3 4.5 V2.8 H9.7 V4.5 M4.3 4.5 L5 13.5 H11 L11.7 4.5"), //
    CLOCK("M8 1.5 A6.5 6.5 0 1 0 8 14.5 A6.5 6.5 0 1 0 8 1.5 Z M8 4.3 V8.2 L10.6 9.6"), //
    DISK("M2 4.2 H14 V11.8 H2 Z M4.6 9.4 H7.4 M11.2 9.3 V9.5"), //
    RING("M8 2.5 A5.5 5.5 0 1 0 8 13.5 A5.5 5.5 0 1 0 8 2.5 Z"), //
    PLAY("M5 3 L12.5 8 L5 13 Z"), //
    STOP("M4 4 H12 V12 H4 Z"), //
    RACK("M2.5 2.5 H13.5 V6.7 H2.5 Z M2.5 9.3 H13.5 V13.5 H2.5 Z M5 4.6 H5.1 M5 11.4 H5.1 M8 4.6 H11 M8 11.4 H11"), //
    FILE("M4 1.8 H9.3 L12.5 5 V14.2 H4 Z M9 2 V5.3 H12.3 M6.2 8.3 H10.3 M6.2 11 H10.3"), //
    PEN("M3 13 L3.6 10.2 L10.8 3 L13 5.2 L5.8 12.4 Z"), //
    GEAR("M8 5.4 A2.6 2.6 0 1 0 8 10.6 A2.6 2.6 0 1 0 8 5.4 Z M8 1.6 V3.6 M8 12.4 V14.4 M1.6 8 H3.6 M12.4 8 H14.4 M3.5 3.5 L4.9 4.9 M11.1 11.1 L12.5 12.5 M12.5 3.5 L11.1 4.9 M4.9 11.1 L3.5 12.5"), //
    BOLT("M9 1.5 L3.5 9 H7.5 L7 14.5 L12.5 7 H8.5 Z");

    private final String path;

    Icon(String path) {
        this.path = path;
    }

    /** A new node; style classes {@code icon} and the given ones. */
    SVGPath node(String... styles) {
        SVGPath shape = new SVGPath();
        shape.setContent(path);
        shape.getStyleClass().add("icon");
        shape.getStyleClass().addAll(styles);
        return shape;
    }
}
