/** Disk structures: partition tables and FAT file systems. */
@NullMarked
package dev.kindling.iso.image;

import org.jspecify.annotations.NullMarked;
