/** Tests. */
@NullMarked
package dev.kindling.tui.cli;

import org.jspecify.annotations.NullMarked;
