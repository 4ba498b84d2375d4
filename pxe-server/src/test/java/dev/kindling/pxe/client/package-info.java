@NullMarked
package dev.kindling.pxe.client;

import org.jspecify.annotations.NullMarked;
