#!/bin/sh
# The screens of Kindling on the first virtual terminal and on the serial port. Runs as long as one of them does.
# shellcheck source=lib.sh
. /usr/lib/kindling/lib.sh
# shellcheck source=primer-lib.sh
. /usr/lib/kindling/primer-lib.sh

find_consoles
for console in $consoles; do
    case $console in
    */tty0) setsid /usr/lib/kindling/primer-console.sh linux /dev/tty1 & ;;
    */ttyS*) setsid /usr/lib/kindling/primer-console.sh vt220 "$console" & ;;
    esac
done
wait
sleep 2
