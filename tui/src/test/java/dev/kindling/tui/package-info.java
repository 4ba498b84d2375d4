/** Fakes with names, and golden files. */
@NullMarked
package dev.kindling.tui;

import org.jspecify.annotations.NullMarked;
