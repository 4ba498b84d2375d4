/** Tests. */
@NullMarked
package dev.kindling.tui.screen;

import org.jspecify.annotations.NullMarked;
