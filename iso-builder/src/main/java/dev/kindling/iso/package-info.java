/** Images and archives without other people's tools: cpio, GPT, FAT; later ISO 9660. Usable alone. */
@NullMarked
package dev.kindling.iso;

import org.jspecify.annotations.NullMarked;
