@NullMarked
package dev.kindling.iso;

import org.jspecify.annotations.NullMarked;
