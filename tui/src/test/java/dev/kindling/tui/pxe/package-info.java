@NullMarked
package dev.kindling.tui.pxe;

import org.jspecify.annotations.NullMarked;
