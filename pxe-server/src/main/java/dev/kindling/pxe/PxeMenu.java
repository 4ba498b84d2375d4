package dev.kindling.pxe;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A boot menu that PXE firmware shows (PXE 2.1 section 2.3, option 43 tags 8, 9 and 10). The firmware then asks port
 * 4011 for the item that was chosen: {@link Client.Sent#bootItem} has its type, and the answer its boot file.
 *
 * @param prompt such as "Press F8 for a menu"
 * @param timeout how long the prompt waits for a key before the first item is taken, 0 to 254 s; null: the menu is
 *            shown at once and waits for ever
 * @param items the first one is the default
 */
public record PxeMenu(String prompt, @Nullable Duration timeout, List<Item> items) {
    private static final int MOST_BYTES = 255;

    /** The type of "boot from the local disk" (PXE 2.1 table 2-1): the firmware does it without asking. */
    public static final int LOCAL_BOOT = 0;

    public PxeMenu {
        items = List.copyOf(items);
        if (items.isEmpty()) {
            throw new IllegalArgumentException("a boot menu needs an item");
        }
        if (timeout != null && (timeout.isNegative() || timeout.toSeconds() > 254)) {
            throw new IllegalArgumentException("a boot menu waits 0 to 254 seconds, not " + timeout.toSeconds());
        }
        if (prompt.getBytes(StandardCharsets.UTF_8).length >= MOST_BYTES) {
            throw new IllegalArgumentException("the prompt of a boot menu has at most 254 bytes: " + prompt);
        }
        var types = new HashSet<Integer>();
        for (Item item : items) {
            if (!types.add(item.type())) {
                throw new IllegalArgumentException("two items of the boot menu have the type " + item.type());
            }
        }
    }

    /**
     * A line of the menu.
     *
     * @param type 0 to 65535: {@link #LOCAL_BOOT}, or a number of your own from 32768 on (those below have meanings
     *            that some firmware insists on)
     * @param text up to 255 bytes
     */
    public record Item(int type, String text) {
        public Item {
            if (type < 0 || type > 0xffff) {
                throw new IllegalArgumentException("the type of a boot menu item is 0 to 65535, not " + type);
            }
            if (text.getBytes(StandardCharsets.UTF_8).length > MOST_BYTES) {
                throw new IllegalArgumentException("an item of a boot menu has at most 255 bytes: " + text);
            }
        }
    }
}
