/** Executes any graph of steps: bounded, with retries, cancellation and a journal. Knows no distribution. */
@NullMarked
package dev.kindling.engine.run;

import org.jspecify.annotations.NullMarked;
