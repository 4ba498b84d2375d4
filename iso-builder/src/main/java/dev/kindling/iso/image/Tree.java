package dev.kindling.iso.image;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * The tree of files that goes into an image, or that was found in one. Paths are relative, with slashes, without one at
 * either end; the root is the empty path. Not for several threads at once while it changes.
 */
public final class Tree {
    private Node.Directory root;

    /** An empty tree. */
    public Tree(Node.Attributes root) {
        this.root = new Node.Directory(root);
    }

    public Node.Directory root() {
        return root;
    }

    /** What stands at a path. */
    public Optional<Node> get(String path) {
        Node node = root;
        if (!path.isEmpty()) {
            for (String name : path.split("/", -1)) {
                if (!(node instanceof Node.Directory directory) || !directory.children.containsKey(name)) {
                    return Optional.empty();
                }
                node = directory.children.get(name);
            }
        }
        return Optional.ofNullable(node);
    }

    /**
     * Puts a node at a path, in the place of what was there. Directories on the way that are missing are made, root's
     * and readable by everybody, with the node's time.
     *
     * @throws IllegalArgumentException where the path is no path, or leads through something that is no directory
     */
    public Tree put(String path, Node node) {
        if (path.isEmpty()) {
            if (!(node instanceof Node.Directory directory)) {
                throw new IllegalArgumentException("the root of a tree is a directory");
            }
            root = directory;
            return this;
        }
        int slash = path.lastIndexOf('/');
        Node.Directory parent = slash < 0 ? root : directory(path.substring(0, slash), node.attributes().modified());
        parent.children.put(checked(path.substring(slash + 1), path), node);
        return this;
    }

    /** Takes a node and everything below it out. False where there is none. */
    public boolean remove(String path) {
        int slash = path.lastIndexOf('/');
        return !path.isEmpty() && get(slash < 0 ? "" : path.substring(0, slash)).orElse(null) //
        instanceof Node.Directory parent && parent.children.remove(path.substring(slash + 1)) != null;
    }

    /** Every node below the root with its path: names in the order of their characters, directories before content. */
    public void walk(BiConsumer<String, Node> visitor) {
        walk(root, "", visitor);
    }

    /** Every node below the root, in the same order. */
    public void each(Consumer<Node> visitor) {
        each(root, visitor);
    }

    private static void each(Node.Directory directory, Consumer<Node> visitor) {
        for (Node node : directory.children.values()) {
            visitor.accept(node);
            if (node instanceof Node.Directory below) {
                each(below, visitor);
            }
        }
    }

    private static void walk(Node.Directory directory, String prefix, BiConsumer<String, Node> visitor) {
        directory.children.forEach((name, node) -> {
            visitor.accept(prefix + name, node);
            if (node instanceof Node.Directory below) {
                walk(below, prefix + name + "/", visitor);
            }
        });
    }

    /** A tree with the attributes of every node changed; contents are shared. */
    public Tree withAttributes(UnaryOperator<Node.Attributes> change) {
        Tree changed = new Tree(change.apply(root.attributes()));
        copy(root, changed.root, change);
        return changed;
    }

    private static void copy(Node.Directory from, Node.Directory to, UnaryOperator<Node.Attributes> change) {
        for (Map.Entry<String, Node> child : from.children.entrySet()) {
            Node.Attributes attributes = change.apply(child.getValue().attributes());
            if (child.getValue() instanceof Node.Directory below) {
                Node.Directory directory = new Node.Directory(attributes);
                copy(below, directory, change);
                to.children.put(child.getKey(), directory);
            } else {
                to.children.put(child.getKey(), child.getValue().with(attributes));
            }
        }
    }

    private Node.Directory directory(String path, Instant modified) {
        Node.Directory directory = root;
        for (String name : path.split("/", -1)) {
            Node next = directory.children.computeIfAbsent(checked(name, path),
                    _ -> new Node.Directory(Node.Attributes.directory(modified)));
            if (!(next instanceof Node.Directory below)) {
                throw new IllegalArgumentException(
                        "'" + path + "' leads through '" + name + "', which is no directory");
            }
            directory = below;
        }
        return directory;
    }

    private static String checked(String name, String path) {
        if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('\0') >= 0
                || name.indexOf('/') >= 0) {
            throw new IllegalArgumentException(
                    "'" + path + "' is no path in a tree: expected names with single slashes between them, "
                            + "without . and ..");
        }
        return name;
    }
}
