/** Secrets: a type that never shows them, tokens, and an encrypted file that keeps them. */
@NullMarked
package dev.kindling.engine.secret;

import org.jspecify.annotations.NullMarked;
