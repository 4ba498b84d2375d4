/** {@code kindling iso}: installation media, without the engine. */
@NullMarked
package dev.kindling.tui.iso;

import org.jspecify.annotations.NullMarked;
