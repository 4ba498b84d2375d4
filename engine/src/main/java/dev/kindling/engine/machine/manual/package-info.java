/** Real machines that the operator switches on. */
@NullMarked
package dev.kindling.engine.machine.manual;

import org.jspecify.annotations.NullMarked;
