/** K3s: one server, its agents, and the stand-in control plane where no K3s can be had. */
@NullMarked
package dev.kindling.engine.distribution.k3s;

import org.jspecify.annotations.NullMarked;
