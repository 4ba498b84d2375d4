/** The primer medium, from the command line to the machines that start from it. */
@NullMarked
package dev.kindling.tui.primer;

import org.jspecify.annotations.NullMarked;
