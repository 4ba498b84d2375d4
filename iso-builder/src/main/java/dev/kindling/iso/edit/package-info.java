/** Changing media of others: boot menus, embed areas, checksums; in place where that is possible. */
@NullMarked
package dev.kindling.iso.edit;

import org.jspecify.annotations.NullMarked;
