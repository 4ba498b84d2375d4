/** Records of the engine as text for people: pure, for the command line and the terminal screens alike. */
@NullMarked
package dev.kindling.tui.text;

import org.jspecify.annotations.NullMarked;
