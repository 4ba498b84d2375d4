/** The edge: the terminal itself, by system calls and Lanterna. The only package that knows Lanterna. */
@NullMarked
package dev.kindling.tui.terminal;

import org.jspecify.annotations.NullMarked;
