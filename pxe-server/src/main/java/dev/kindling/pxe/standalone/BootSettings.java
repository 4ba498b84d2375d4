package dev.kindling.pxe.standalone;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a machine boots. Paths are below the root directory; null: not said here.
 *
 * @param bios loader for BIOS firmware
 * @param uefiX64 loader for 64-bit x86 UEFI firmware
 * @param uefiArm64 loader for 64-bit ARM UEFI firmware
 * @param uefiHttp what UEFI HTTP Boot loads: a path, or an absolute URL
 * @param script for iPXE: a path, or an absolute URL
 * @param grub GRUB's configuration
 * @param kernel for a script that is generated: a path, or an absolute URL
 * @param initrds of the generated script, in their order
 * @param arguments of the kernel in the generated script; with a script of one's own: iPXE's setting {@code args}
 */
public record BootSettings(@Nullable String bios, @Nullable String uefiX64, @Nullable String uefiArm64,
        @Nullable String uefiHttp, @Nullable String script, @Nullable String grub, @Nullable String kernel,
        List<String> initrds, @Nullable String arguments) {
    /** Nothing is said. */
    public static final BootSettings NONE = new BootSettings(null, null, null, null, null, null, null, List.of(),
            null);

    public BootSettings {
        initrds = List.copyOf(initrds);
    }

    /** These settings, and those of {@code others} where nothing is said here. */
    public BootSettings or(BootSettings others) {
        // a machine with a kernel of its own does not take the script that all the others take, and the other way round
        boolean own = script != null || kernel != null;
        return new BootSettings(first(bios, others.bios), first(uefiX64, others.uefiX64),
                first(uefiArm64, others.uefiArm64), first(uefiHttp, others.uefiHttp),
                own ? script : others.script, first(grub, others.grub), own ? kernel : others.kernel,
                own ? initrds : others.initrds, first(arguments, others.arguments));
    }

    private static @Nullable String first(@Nullable String one, @Nullable String other) {
        return one != null ? one : other;
    }
}
