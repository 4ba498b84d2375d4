/** Tests. */
@NullMarked
package dev.kindling.tui.terminal;

import org.jspecify.annotations.NullMarked;
