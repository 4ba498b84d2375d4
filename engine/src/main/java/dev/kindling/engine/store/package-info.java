/** The journal of a workspace and the locks on its clusters, in one SQLite file. */
@NullMarked
package dev.kindling.engine.store;

import org.jspecify.annotations.NullMarked;
