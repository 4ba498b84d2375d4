package dev.kindling.iso;

import dev.kindling.iso.image.Content;
import dev.kindling.iso.image.Node;
import dev.kindling.iso.image.Tree;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Trees with everything that a tree can have; the same seed gives the same tree. */
final class RandomTrees {
    private static final String[] WORDS = {"a", "B", "readme.txt", "vmlinuz-6.1.0-25-amd64", ".hidden", "two words",
            "x.tar.gz", "UPPER.EXT", "upper.ext", "ünï-cødé", "漢字", "name+with=signs", "trailing.", "many.dots.in.it",
            "semi;colon", "star*", "quote'\"", "\uD83D\uDD25",
            "a-file-with-a-rather-long-name-that-needs-cutting.conf"};
    private final Random random;
    private final boolean specials;

    private RandomTrees(long seed, boolean specials) {
        this.random = new Random(seed);
        this.specials = specials;
    }

    /** @param specials with owners, devices and FIFOs, which only root can extract */
    static Tree of(long seed, boolean specials) {
        return new RandomTrees(seed, specials).tree();
    }

    private Tree tree() {
        Tree tree = new Tree(attributes(0755));
        List<String> directories = new ArrayList<>(List.of(""));
        int count = 20 + random.nextInt(200);
        for (int i = 0; i < count; i++) {
            String parent = directories.get(random.nextInt(directories.size()));
            String path = (parent.isEmpty() ? "" : parent + "/") + name();
            if (tree.get(path).isPresent()) {
                continue;
            }
            Node node = node();
            tree.put(path, node);
            if (node instanceof Node.Directory) {
                directories.add(path);
            }
        }
        // deeper than ISO 9660 allows
        String deep = "";
        for (int level = 1; level <= 8 + random.nextInt(12); level++) {
            deep += (deep.isEmpty() ? "" : "/") + "level-" + level;
            tree.put(deep, new Node.Directory(attributes(0755)));
            tree.put(deep + "/file", node(2));
        }
        return tree;
    }

    private String name() {
        String name = WORDS[random.nextInt(WORDS.length)] + (random.nextBoolean() ? random.nextInt(1000) : "");
        return random.nextInt(20) == 0 ? name + "-".repeat(255 - name.getBytes(StandardCharsets.UTF_8).length) : name;
    }

    private Node node() {
        return node(random.nextInt(specials ? 11 : 8));
    }

    private Node node(int kind) {
        return switch (kind) {
            case 0, 1 -> new Node.Directory(attributes(0700 | random.nextInt(0100)));
            case 2, 3, 4, 5 -> new Node.File(attributes(0600 | random.nextInt(0100)), Content.of(bytes()));
            case 6 -> new Node.Symlink(attributes(0777), "../" + name() + "/./x");
            // One SL field: bsdtar 3.6 forgets the slash between two of them, where Linux puts it.
            case 7 -> new Node.Symlink(attributes(0777),
                    "/" + "long/".repeat(random.nextInt(35)) + "e".repeat(30));
            case 8 -> new Node.Special(attributes(0600), Node.Special.Kind.CHARACTER_DEVICE, 1 + random.nextInt(200),
                    random.nextInt(256));
            case 9 -> new Node.Special(attributes(0660), Node.Special.Kind.BLOCK_DEVICE, 1 + random.nextInt(200),
                    random.nextInt(256));
            default -> new Node.Special(attributes(0644), Node.Special.Kind.FIFO, 0, 0);
        };
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(3) == 0 ? random.nextInt(20_000) : random.nextInt(3) * 2048];
        random.nextBytes(bytes);
        return bytes;
    }

    private Node.Attributes attributes(int permissions) {
        int owner = specials ? random.nextInt(70_000) : 0;
        return new Node.Attributes(permissions, owner, specials ? random.nextInt(70_000) : 0,
                Instant.ofEpochSecond(1_000_000_000L + random.nextInt(1_000_000_000)));
    }
}
