/** The facade {@link dev.kindling.engine.api.Kindling} that every user interface talks to, its records and events. */
@NullMarked
package dev.kindling.engine.api;

import org.jspecify.annotations.NullMarked;
