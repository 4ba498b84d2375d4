/** Tests. */
@NullMarked
package dev.kindling.tui.text;

import org.jspecify.annotations.NullMarked;
