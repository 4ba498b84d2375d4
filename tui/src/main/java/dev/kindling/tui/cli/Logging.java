package dev.kindling.tui.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.filter.ThresholdFilter;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where log lines go: a file in the workspace, never standard output; warnings to standard error with {@code --debug}.
 *
 * <p>
 * Configured in code, because reading Logback's XML costs a third of the start-up time. Logback finds this class
 * through {@code META-INF/services} when the first logger is made, so that commands that log nothing pay nothing.
 */
public final class Logging extends ContextAwareBase implements Configurator {
    private static final String FILE = "kindling.log.file";
    private static final String DEBUG = "kindling.log.debug";
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level [%thread] %logger{24}: %msg%n";

    /** For Logback. */
    public Logging() {}

    /** Says where the log goes; to be called before the first logger is made. */
    static void to(Path file, boolean debug) {
        System.setProperty(FILE, file.toString());
        System.setProperty(DEBUG, String.valueOf(debug));
    }

    /**
     * For a service in the foreground: warnings go to standard error. The process of a run is started with this set.
     */
    static void toStandardError() {
        System.setProperty(DEBUG, "true");
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        String file = System.getProperty(FILE, "");
        // looking into a workspace that does not exist must not make it
        if (!file.isEmpty() && Files.isDirectory(Path.of(file).toAbsolutePath().resolveSibling("."))) {
            FileAppender<ILoggingEvent> appender = new FileAppender<>();
            appender.setFile(file);
            root.addAppender(started(context, appender));
        }
        if (Boolean.getBoolean(DEBUG)) {
            ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
            appender.setTarget("System.err");
            ThresholdFilter warnings = new ThresholdFilter();
            warnings.setLevel("WARN");
            warnings.start();
            appender.addFilter(warnings);
            root.addAppender(started(context, appender));
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static OutputStreamAppender<ILoggingEvent> started(LoggerContext context,
            OutputStreamAppender<ILoggingEvent> appender) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        appender.setContext(context);
        appender.setEncoder(encoder);
        appender.start();
        return appender;
    }
}
