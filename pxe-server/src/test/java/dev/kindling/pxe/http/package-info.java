@NullMarked
package dev.kindling.pxe.http;

import org.jspecify.annotations.NullMarked;
