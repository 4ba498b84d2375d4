/** HTTP/1.1 for firmware, iPXE, installers and BMCs: GET, HEAD with ranges, and small POSTs. */
@NullMarked
package dev.kindling.pxe.http;

import org.jspecify.annotations.NullMarked;
