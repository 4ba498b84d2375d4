/**
 * The terminal screens without a terminal: all state is in {@link dev.kindling.tui.screen.Model}, every
 * {@link dev.kindling.tui.screen.Message} makes a new one and perhaps {@link dev.kindling.tui.screen.Effect}s
 * ({@link dev.kindling.tui.screen.Update}), and {@link dev.kindling.tui.screen.View} draws it as a
 * {@link dev.kindling.tui.screen.Frame}. All of that is pure; {@link dev.kindling.tui.screen.Performer} alone talks to
 * the engine.
 */
@NullMarked
package dev.kindling.tui.screen;

import org.jspecify.annotations.NullMarked;
