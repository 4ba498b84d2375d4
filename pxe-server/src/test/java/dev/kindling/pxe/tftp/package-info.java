@NullMarked
package dev.kindling.pxe.tftp;

import org.jspecify.annotations.NullMarked;
