@NullMarked
package dev.kindling.engine.definition;

import org.jspecify.annotations.NullMarked;
