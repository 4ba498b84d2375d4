/** The facade over HTTP: {@code ApiServer} gives it out, {@code HttpKindling} is it at the other end. */
@NullMarked
package dev.kindling.engine.http;

import org.jspecify.annotations.NullMarked;
