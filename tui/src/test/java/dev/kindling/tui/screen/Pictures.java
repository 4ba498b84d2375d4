package dev.kindling.tui.screen;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Frames as pictures, for people who look at the README. */
final class Pictures {
    private static final Color BACKGROUND = new Color(0x16181d);
    private static final Color FOREGROUND = new Color(0xd4d7dd);

    private Pictures() {}

    /** Writes {@code target/screens/NAME.png}. */
    static void write(String name, Frame frame) {
        write(Path.of("target/screens", name + ".png"), frame);
    }

    /** Writes a picture for the documentation, when golden files are written anew. */
    static void publish(String name, Frame frame) {
        if (Boolean.getBoolean("golden.update")) {
            write(Path.of("../docs/pictures", name + ".png"), frame);
        }
    }

    private static void write(Path file, Frame frame) {
        System.setProperty("java.awt.headless", "true");
        Font font = new Font(Font.MONOSPACED, Font.PLAIN, 15);
        BufferedImage probe = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        FontMetrics metrics = probe.createGraphics().getFontMetrics(font);
        int width = metrics.charWidth('M');
        int height = metrics.getHeight();
        int margin = 8;
        BufferedImage image = new BufferedImage(frame.size().columns() * width + 2 * margin,
                frame.size().rows() * height + 2 * margin, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(BACKGROUND);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        for (int row = 0; row < frame.size().rows(); row++) {
            for (int column = 0; column < frame.size().columns(); column++) {
                int x = margin + column * width;
                int y = margin + row * height;
                Style style = frame.style(row, column);
                boolean reversed = style == Style.TITLE || style == Style.SELECTED || style == Style.CURSOR;
                if (reversed) {
                    graphics.setColor(FOREGROUND);
                    graphics.fillRect(x, y, width, height);
                }
                graphics.setColor(reversed ? BACKGROUND : colour(style));
                graphics.setFont(style == Style.STRONG || style == Style.BAD ? font.deriveFont(Font.BOLD) : font);
                graphics.drawString(String.valueOf(frame.character(row, column)), x, y + metrics.getAscent());
                if (style == Style.FIELD) {
                    graphics.drawLine(x, y + height - 2, x + width, y + height - 2);
                }
            }
        }
        graphics.dispose();
        try {
            Files.createDirectories(file.toAbsolutePath().resolveSibling("."));
            ImageIO.write(image, "png", file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Color colour(Style style) {
        return switch (style) {
            case PLAIN, TITLE, STRONG, SELECTED, FIELD, CURSOR -> FOREGROUND;
            case DIM -> new Color(0x767c88);
            case GOOD -> new Color(0x7fbf6a);
            case WARNING -> new Color(0xd8a657);
            case BAD -> new Color(0xe06c75);
            case ACCENT -> new Color(0x56b6c2);
        };
    }
}
