/** The report of a run, as Markdown and as a self-contained page; a bundle of facts for those who help. */
@NullMarked
package dev.kindling.engine.report;

import org.jspecify.annotations.NullMarked;
