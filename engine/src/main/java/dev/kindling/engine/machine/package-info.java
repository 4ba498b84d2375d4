/** How a machine is switched on, whatever stands behind it. */
@NullMarked
package dev.kindling.engine.machine;

import org.jspecify.annotations.NullMarked;
