package dev.kindling.desktop;

import dev.kindling.desktop.vm.Finding;
import javafx.scene.Parent;

/** One screen. */
interface View {
    /** Its nodes, always the same ones. */
    Parent node();

    /** Gives the focus to where one begins. */
    void focus();

    /** Gives the focus to where a problem can be mended. */
    default void focus(Finding finding) {
        focus();
    }
}
