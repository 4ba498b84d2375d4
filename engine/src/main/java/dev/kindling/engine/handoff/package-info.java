/** Hands a running cluster over to Git: the GitOps tree of a cluster, and the repository that it is committed to. */
@NullMarked
package dev.kindling.engine.handoff;

import org.jspecify.annotations.NullMarked;
