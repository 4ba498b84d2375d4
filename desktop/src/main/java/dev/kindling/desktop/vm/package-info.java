/**
 * What the screens show and what their buttons do, without a scene graph: runs and is tested without a display. All of
 * it is confined to the user interface thread; whatever can block goes through {@link dev.kindling.desktop.vm.Work}.
 */
@NullMarked
package dev.kindling.desktop.vm;

import org.jspecify.annotations.NullMarked;
