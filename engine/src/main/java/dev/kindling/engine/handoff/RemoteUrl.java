package dev.kindling.engine.handoff;

import java.net.URISyntaxException;
import org.eclipse.jgit.transport.URIish;

/** Where a repository is pushed to. */
final class RemoteUrl {
    private RemoteUrl() {}

    /** The URL without a password, and over HTTP without a user: what may be written into files and logs. */
    static String withoutCredentials(String url) {
        try {
            URIish parsed = new URIish(url);
            if (parsed.getPass() == null && (parsed.getUser() == null || !isHttp(parsed))) {
                return url;
            }
            URIish clean = parsed.setPass(null);
            return (isHttp(clean) ? clean.setUser(null) : clean).toString();
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("this is no address of a Git repository", e);
        }
    }

    private static boolean isHttp(URIish url) {
        return "http".equals(url.getScheme()) || "https".equals(url.getScheme());
    }
}
