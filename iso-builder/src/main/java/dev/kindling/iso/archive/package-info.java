/** The cpio "newc" archive: what the Linux kernel unpacks as its initramfs. */
@NullMarked
package dev.kindling.iso.archive;

import org.jspecify.annotations.NullMarked;
