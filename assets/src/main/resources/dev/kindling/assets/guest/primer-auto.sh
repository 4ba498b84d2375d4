#!/bin/sh
# What goes on without anybody: an answer file installs, a discovery medium reports, an installed primer forms its cluster.
# shellcheck source=lib.sh
. /usr/lib/kindling/lib.sh
# shellcheck source=primer-lib.sh
. /usr/lib/kindling/primer-lib.sh

# Output goes to every console, as long as no screens are drawn there.
tell() {
    # shellcheck disable=SC2086 # one console each
    tee $consoles >/dev/null 2>&1
}

# Whether the medium holds answers; it may hold a definition alone: then the screens ask. Length at byte 20, text at byte 64.
has_answers() {
    area=/medium/kindling/config.area
    [ "$(od -A n -t u4 -j 20 -N 4 "$area" | tr -d ' ')" != 0 ] &&
        [ "$(tail -c +65 "$area" | head -c 5 | tr -d '\n')" != --- ]
}

form_cluster() {
    if kindling up "$primer/definition.yaml" --yes --keep --no-color; then
        touch "$primer/formed"
    fi
}

find_consoles
case $primer_state in
live)
    if has_answers; then
        kindling primer install --no-color 2>&1 | tell
    fi
    ;;
discovery)
    tail -c +65 /medium/kindling/config.area | tr -d '\0' >/run/kindling-discovery
    report=$(value /run/kindling-discovery report.url)
    if [ -n "$report" ]; then
        # the network may take a while, and so may whoever is to listen
        until kindling hardware --no-color --send "$report" 2>&1 | tee /run/kindling-report | tell &&
            grep -q '^Sent to' /run/kindling-report; do
            sleep 10
        done
    else
        kindling hardware --no-color 2>&1 | tell
    fi
    log "this medium only shows what the machine is made of; switch it off, or press Ctrl-Alt-Del"
    while :; do
        sleep 3600
    done
    ;;
disk)
    if [ -s "$primer/definition.yaml" ] && [ ! -e "$primer/formed" ]; then
        log "forming the cluster of $primer/definition.yaml"
        # The screens follow it meanwhile.
        form_cluster </dev/null >/var/log/kindling-up.log 2>&1 &
    fi
    ;;
esac
