package dev.kindling.pxe;

import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A boot source over a directory and some texts, which remembers what it was asked. */
public final class Served implements BootSource {
    public final ConcurrentLinkedQueue<Fetch> fetches = new ConcurrentLinkedQueue<>();
    public final ConcurrentLinkedQueue<Post> posts = new ConcurrentLinkedQueue<>();
    private final Map<String, BootFile> files = new ConcurrentHashMap<>();
    private final Path root;

    public Served(Path root) {
        this.root = root;
    }

    public static List<PxeConfig.Link> links(String... addresses) {
        return java.util.Arrays.stream(addresses)
                .map(a -> new PxeConfig.Link(null, InetAddress.ofLiteral(a),
                        PxeConfig.Subnet.of(InetAddress.ofLiteral(a), 24)))
                .toList();
    }

    public Served with(String path, BootFile file) {
        files.put(path, file);
        return this;
    }

    @Override
    public Answer answer(Client client) {
        return new Answer.Ignore("no DHCP here");
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        fetches.add(fetch);
        if (fetch.path().equals("broken")) {
            throw new IllegalStateException("the source is broken on purpose");
        }
        var generated = files.get(fetch.path());
        if (generated != null) {
            return Optional.of(generated);
        }
        var file = root.resolve(fetch.path());
        return Files.isRegularFile(file) ? Optional.of(BootFile.file(file)) : Optional.empty();
    }

    @Override
    public Reply post(Post post) {
        posts.add(post);
        if (post.path().equals("silent")) {
            return new Reply(200, "");
        }
        return new Reply(200, "taken " + post.body().length() + "\n");
    }
}
