/** The engine. {@link dev.kindling.engine.Engine#open} is the only place where its parts are wired. */
@NullMarked
package dev.kindling.engine;

import org.jspecify.annotations.NullMarked;
