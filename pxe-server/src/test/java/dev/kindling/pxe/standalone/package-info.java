@NullMarked
package dev.kindling.pxe.standalone;

import org.jspecify.annotations.NullMarked;
