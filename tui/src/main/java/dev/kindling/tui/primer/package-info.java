/** {@code kindling primer}: the live system's way to the disk. */
@NullMarked
package dev.kindling.tui.primer;

import org.jspecify.annotations.NullMarked;
