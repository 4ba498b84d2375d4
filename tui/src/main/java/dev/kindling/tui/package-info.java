/** The command line and the terminal user interface of Kindling; {@link dev.kindling.tui.Main} is the entry. */
@NullMarked
package dev.kindling.tui;

import org.jspecify.annotations.NullMarked;
