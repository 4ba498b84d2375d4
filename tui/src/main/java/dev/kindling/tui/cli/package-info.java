/** The command line: {@link dev.kindling.tui.cli.Cli} is the root command, one class per subcommand. */
@NullMarked
package dev.kindling.tui.cli;

import org.jspecify.annotations.NullMarked;
