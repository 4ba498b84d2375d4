@NullMarked
package dev.kindling.desktop.vm;

import org.jspecify.annotations.NullMarked;
