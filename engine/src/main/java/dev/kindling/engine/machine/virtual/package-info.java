/** The virtual rack: QEMU machines on this computer, in a private network namespace. */
@NullMarked
package dev.kindling.engine.machine.virtual;

import org.jspecify.annotations.NullMarked;
