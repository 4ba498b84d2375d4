/** How machines with an installed system become a cluster, for each kind of Kubernetes. */
@NullMarked
package dev.kindling.engine.distribution;

import org.jspecify.annotations.NullMarked;
