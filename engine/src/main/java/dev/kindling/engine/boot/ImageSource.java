package dev.kindling.engine.boot;

import dev.kindling.pxe.Answer;
import dev.kindling.pxe.BootFile;
import dev.kindling.pxe.BootSource;
import dev.kindling.pxe.Client;
import java.net.InetAddress;
import java.util.Map;
import java.util.Optional;

/** Gives out images by name, besides what another boot source has; an image goes before a file of the same name. */
public final class ImageSource implements BootSource {
    private final BootSource others;
    private final Map<String, ServedImage> images;

    /**
     * @param others decides what machines boot, and has all other files
     * @param images by path, without a leading slash
     */
    public ImageSource(BootSource others, Map<String, ServedImage> images) {
        this.others = others;
        this.images = Map.copyOf(images);
    }

    @Override
    public Optional<BootFile> open(Fetch fetch) {
        ServedImage image = images.get(fetch.path());
        return image == null ? others.open(fetch) : Optional.of(image.bootFile());
    }

    @Override
    public Answer answer(Client client) {
        return others.answer(client);
    }

    @Override
    public boolean isReserved(InetAddress address) {
        return others.isReserved(address);
    }

    @Override
    public boolean answersAtOnce() {
        return others.answersAtOnce();
    }

    @Override
    public Reply post(Post post) {
        return others.post(post);
    }
}
