/** What a cluster is, valid by construction and immutable. No I/O, and nothing of ours below it. */
@NullMarked
package dev.kindling.engine.model;

import org.jspecify.annotations.NullMarked;
