/** What is known of a cluster: a pure fold of its events, with no clock and no I/O. */
@NullMarked
package dev.kindling.engine.status;

import org.jspecify.annotations.NullMarked;
