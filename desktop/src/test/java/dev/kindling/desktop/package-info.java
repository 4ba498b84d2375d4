@NullMarked
package dev.kindling.desktop;

import org.jspecify.annotations.NullMarked;
