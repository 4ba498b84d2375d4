/** Pure: what is wanted and what is recorded, made into steps with stable ids. Starts nothing. */
@NullMarked
package dev.kindling.engine.plan;

import org.jspecify.annotations.NullMarked;
