#!/bin/sh
# primer-console.sh TERM DEVICE - one console: the screens, and behind them a shell where that is allowed.
# shellcheck source=lib.sh
. /usr/lib/kindling/lib.sh
# shellcheck source=primer-lib.sh
. /usr/lib/kindling/primer-lib.sh

# The first terminal that a session opens becomes its own: Ctrl-C comes from there.
exec <"$2"
exec >"$2" 2>&1
export TERM="$1" LANG=C
stty sane
# A serial line does not know how large the terminal at its other end is.
[ "$1" = linux ] || stty rows 24 cols 80
cd "$primer" || exit
while :; do
    kindling tui --ascii
    if [ "$primer_state" = live ] || [ "$(value "$primer/settings" console.shell)" = yes ]; then
        echo "A shell of the primer. 'exit' returns to the screens; 'reboot' restarts the machine."
        bash -i
    else
        sleep 1
    fi
done
