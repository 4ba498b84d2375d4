/**
 * The desktop wizard and live rack view. A view shows a view model of {@link dev.kindling.desktop.vm}, which talks to
 * {@link dev.kindling.engine.api.Kindling}; nothing goes the other way.
 */
@NullMarked
package dev.kindling.desktop;

import org.jspecify.annotations.NullMarked;
