/**
 * What a boot service needs to run by itself, without an engine that knows the machines: a directory of files as boot
 * source, the networks of this host's interfaces, and the progress of each machine as a fold of events.
 */
@NullMarked
package dev.kindling.pxe.standalone;

import org.jspecify.annotations.NullMarked;
