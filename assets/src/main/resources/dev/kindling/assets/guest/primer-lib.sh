# What the primer's scripts have in common, behind lib.sh.
# shellcheck shell=dash
# shellcheck disable=SC2034

export HOME=/root KINDLING_WORKSPACE=/var/lib/kindling/workspace KINDLING_CACHE=/var/cache/kindling
export PATH=/usr/lib/kindling/bin:/usr/sbin:/usr/bin:/sbin:/bin
primer=/var/lib/kindling/primer
primer_state=$(value /run/kindling-boot state)
