/** {@code kindling pxe}: the boot service by itself, without a cluster. */
@NullMarked
package dev.kindling.tui.pxe;

import org.jspecify.annotations.NullMarked;
