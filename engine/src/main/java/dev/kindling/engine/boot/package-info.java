/** From the model to what machines boot: the boot decisions, the stage, the disk, and the evidence that comes back. */
@NullMarked
package dev.kindling.engine.boot;

import org.jspecify.annotations.NullMarked;
