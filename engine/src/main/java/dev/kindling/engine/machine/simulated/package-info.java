/** Programs that speak the boot protocols in place of machines, over loopback. */
@NullMarked
package dev.kindling.engine.machine.simulated;

import org.jspecify.annotations.NullMarked;
