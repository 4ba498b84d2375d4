package dev.kindling.pxe.tftp;

import java.time.Duration;

/**
 * One transfer as a state machine: an event and the time go in, one {@link Move} comes out. It does no input or output.
 * Not safe for several threads.
 *
 * <p>
 * Times are nanoseconds of any monotonic clock. After each move the caller arms one timer for {@link #deadline()}.
 */
final class Transfer {
    /** What the caller has to do. */
    sealed interface Move {
        /** Nothing. */
        record Wait() implements Move {}

        /** Send the OACK of the terms. */
        record Acknowledge() implements Move {}

        /** Send {@code count} blocks from {@code first} on; blocks count from 1 and do not wrap. */
        record Send(long first, int count) implements Move {}

        /** The last block was acknowledged. */
        record Done() implements Move {}

        /** The client wanted to know the size, and no more. EDK2 does so before each download. */
        record SizeOnly() implements Move {}

        /** It is over. */
        record GiveUp(String reason) implements Move {}
    }

    private static final Move WAIT = new Move.Wait();
    private static final long FIRST_RTO = Duration.ofSeconds(1).toNanos();
    /** Below this a client that draws its progress bar would be taken for a lost packet. RFC 6298 says 1 s, for TCP. */
    private static final long MIN_RTO = Duration.ofMillis(10).toNanos();
    private static final long MAX_RTO = Duration.ofSeconds(5).toNanos();
    /** Firmware gives up earlier, and begins anew from another port; a switch port's spanning tree takes 30 to 50 s. */
    private static final long PATIENCE = Duration.ofSeconds(60).toNanos();
    /** A client that goes on talking and never comes further. */
    private static final long ENDURANCE = Duration.ofMinutes(5).toNanos();
    private static final int MAX_REPEATS = 16;

    private final Terms terms;
    private final long last;
    private final long ceiling;

    private boolean acknowledging;
    private boolean heard;
    private boolean over;
    /** First block without an acknowledgement, and the one after the last that was sent. */
    private long base = 1;
    private long next = 1;
    /** Whether the outstanding packets were sent more than once: then their answer tells nothing about time (Karn). */
    private boolean repeated;
    /** Whether all of the outstanding window was sent again: once is enough for the acknowledgements of it. */
    private boolean resent;
    private boolean probed;
    /** How often the timer ran out for what is outstanding. */
    private int silences;
    /**
     * So many windows must be acknowledged before one may be repeated without waiting for the timer: the answers to a
     * window sent twice must not make us send the next one twice too.
     */
    private int calm;
    private int repeats;

    private long sentAt;
    private long heardAt;
    private long progressAt;
    private long deadline;
    private long rto;
    private long smoothed = -1;
    private long variation;
    private long fastest = Long.MAX_VALUE;

    Transfer(Terms terms, long size) {
        this.terms = terms;
        // a file that fills its last block is ended by an empty one (RFC 1350)
        this.last = size / terms.blockSize() + 1;
        // RFC 2349: the client repeats after its timeout, so we need not wait any longer, but may know better
        this.ceiling = terms.timeout() == null ? MAX_RTO : terms.timeout().toNanos();
        this.rto = Math.min(FIRST_RTO, ceiling);
    }

    /** The first move. */
    Move start(long now) {
        heardAt = now;
        progressAt = now;
        acknowledging = !terms.acknowledged().isEmpty();
        return acknowledging ? acknowledge(now) : send(now);
    }

    /** When {@link #onTimer} is due. */
    long deadline() {
        return deadline;
    }

    /** Whether the client has answered to what we sent. */
    boolean heard() {
        return heard;
    }

    boolean over() {
        return over;
    }

    Move onAck(int block, long now) {
        if (over) {
            return WAIT;
        }
        if (acknowledging) {
            if (block != 0) {
                return WAIT;
            }
            acknowledging = false;
            progress(now);
            return send(now);
        }
        int ahead = (block - (int) (base - 1)) & 0xffff;
        if (ahead == 0) {
            return again(now);
        }
        if (ahead > next - base) {
            return WAIT; // late, from before the base
        }
        base += ahead;
        progress(now);
        if (base > last) {
            over = true;
            return new Move.Done();
        }
        if (base == next) {
            return send(now);
        }
        // Within the window: the block after it got lost, go back to it (RFC 7440, section 4). But a client that
        // answers every duplicate (EDK2) does so in bursts: only the first of them can be about what was sent last.
        resent = true;
        repeated = true;
        return fastest != Long.MAX_VALUE && now - sentAt < fastest ? WAIT : send(now);
    }

    /**
     * An ACK for what was already acknowledged. In lock-step it is never answered with DATA, or every packet from then
     * on would travel twice (RFC 1123, section 4.2.3.1, the Sorcerer's Apprentice). With a window it says that the
     * first block was lost, but only if it came a round trip after it was sent; and then once a window.
     */
    private Move again(long now) {
        heardAt = now;
        if (terms.window() == 1 || calm > 0 || resent || now - sentAt < fastest) {
            return WAIT;
        }
        calm = 2;
        resent = true;
        repeated = true;
        return send(now);
    }

    /** The client sent the same request again from the same port: our answer was lost, or is under way. */
    Move onRequestAgain(long now) {
        if (over || heard || repeats >= MAX_REPEATS) {
            return WAIT;
        }
        repeats++;
        repeated = true;
        return acknowledging ? acknowledge(now) : send(now);
    }

    /** Whether the client has been silent for so long that a repeated request means a new beginning. */
    boolean stalled(long now) {
        return over || (heard && now - heardAt > Math.max(2 * rto, FIRST_RTO));
    }

    Move onTimer(long now) {
        if (over || now - deadline < 0) {
            return WAIT;
        }
        if (now - heardAt >= Math.max(PATIENCE, 4 * ceiling) || now - progressAt >= ENDURANCE) {
            over = true;
            return new Move.GiveUp("no answer for %d s %s: %s"
                    .formatted(Duration.ofNanos(now - progressAt).toSeconds(), place(), obstacle()));
        }
        repeated = true;
        silences++;
        rto = Math.min(2 * rto, ceiling);
        if (acknowledging) {
            return acknowledge(now);
        }
        if (heard && !probed && next - base > 1) {
            // most often it is the end of the window that is missing, or its acknowledgement; either is had by this
            probed = true;
            arm(now);
            return new Move.Send(next - 1, 1);
        }
        resent = true;
        return send(now);
    }

    Move onFailure(TftpPacket.Failure failure) {
        if (over) {
            return WAIT;
        }
        over = true;
        return terms.askedSize() && base == 1
                ? new Move.SizeOnly()
                : new Move.GiveUp("the client gave up: %s (error %d)".formatted(printable(failure.message()),
                        failure.code()));
    }

    /**
     * Whether a first block of the size that was asked got no answer again and again: it may be too large for the way.
     */
    boolean stuckAtFirstBlock(long now) {
        return base == 1 && !acknowledging && silences > 1 && now - progressAt > FIRST_RTO
                && terms.blockSize() > Terms.DEFAULT_BLOCK;
    }

    /** For how long nothing new was acknowledged. */
    long withoutProgress(long now) {
        return now - progressAt;
    }

    /** Where it stands, as in "after the OACK". */
    String place() {
        return acknowledging ? "after the OACK" : "at block %d of %d".formatted(base, last);
    }

    /** What is likely to be in the way. */
    String obstacle() {
        int asked = terms.askedBlockSize();
        String over = asked > terms.blockSize() && asked > terms.mtu() - Terms.IPV4_OVERHEAD
                ? "the firmware asked blksize %d over an MTU of %d, and was offered %d".formatted(asked, terms.mtu(),
                        terms.blockSize())
                : "";
        if (acknowledging) {
            return over.isEmpty() ? "it does not answer: our packets or its own may be filtered on the way" : over;
        }
        if (base == 1 && terms.blockSize() > Terms.DEFAULT_BLOCK) {
            return "blocks of %d octets may be too large for the way; the next request is offered fewer%s"
                    .formatted(terms.blockSize(), over.isEmpty() ? "" : " (" + over + ")");
        }
        return "it does not answer any more: switched off, or its cable or a filter stops the packets";
    }

    private Move acknowledge(long now) {
        arm(now);
        return new Move.Acknowledge();
    }

    private Move send(long now) {
        int count = (int) Math.min(terms.window(), last - base + 1);
        next = base + count;
        arm(now);
        return new Move.Send(base, count);
    }

    private void arm(long now) {
        sentAt = now;
        deadline = now + rto;
    }

    /** Something new was acknowledged: learn the round trip time (RFC 6298). */
    private void progress(long now) {
        heard = true;
        heardAt = now;
        progressAt = now;
        silences = 0;
        if (!repeated) {
            long sample = now - sentAt;
            fastest = Math.min(fastest, sample);
            if (smoothed < 0) {
                smoothed = sample;
                variation = sample / 2;
            } else {
                variation += (Math.abs(smoothed - sample) - variation) / 4;
                smoothed += (sample - smoothed) / 8;
            }
            rto = Math.clamp(smoothed + 4 * variation, Math.min(MIN_RTO, ceiling), ceiling);
        }
        repeated = false;
        resent = false;
        probed = false;
        calm = Math.max(0, calm - 1);
    }

    private static String printable(String text) {
        String clean = text.codePoints().filter(c -> !Character.isISOControl(c)).limit(80)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
        return clean.isEmpty() ? "no text" : clean;
    }
}
