package dev.kindling.pxe.dhcp;

import java.util.LinkedHashMap;
import java.util.Map;

/** Forgets the entry that was put first where it holds too many, so that forged packets cannot fill the memory. */
final class Bounded<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1;
    private final int most;

    Bounded(int most) {
        this.most = most;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > most;
    }
}
