# The stand-in control plane. It is no Kubernetes: it answers a few questions of its API, so that everything up to there can
# be proved where no Kubernetes can be had. Whatever it says and shows says so.
# shellcheck shell=dash
# shellcheck disable=SC2154

nodes=$data/stand-in/nodes

stand_in_server() {
    log "STAND-IN CONTROL PLANE: this is no Kubernetes"
    mkdir -p "$nodes"
    ip=$(value "$config" node.ip)
    stand_in_beat "$(value "$config" node.name)" "$ip" control-plane
    until [ "$(wget -q -O - "http://$ip:6443/readyz" 2>/dev/null)" = ok ]; do
        if ! is_alive /run/stand-in.pid; then
            nc -ll -p 6443 -e /lib/kindling/stand-in-request.sh &
            echo $! >/run/stand-in.pid
        fi
        sleep 0.3
    done
    stand_in_kubeconfig "$ip" >/run/kubeconfig
    post_surely kubeconfig /run/kubeconfig
    rm /run/kubeconfig
    progress_surely ready 1 "text=STAND-IN CONTROL PLANE, no Kubernetes"
    log "ready: STAND-IN CONTROL PLANE at http://$ip:6443"
    while is_alive /run/stand-in.pid; do
        stand_in_beat "$(value "$config" node.name)" "$ip" control-plane
        sleep 10
    done
    log "the stand-in control plane ended; starting it again"
}

stand_in_agent() {
    printf 'name=%s\nip=%s\n' "$(value "$config" node.name)" "$(value "$config" node.ip)" >/run/join
    until stand_in_join; do
        log "cannot join: $(http_error)"
        sleep 2
    done
    progress_surely ready 1 "text=joined the STAND-IN CONTROL PLANE, no Kubernetes"
    log "ready: joined the STAND-IN CONTROL PLANE at $(value "$config" server.url)"
    while :; do
        sleep 10
        stand_in_join
    done
}

# Said again every few seconds: a node that falls silent is shown as not ready.
stand_in_join() {
    timeout 20 wget -q -O /dev/null --header "Authorization: Bearer $(value "$config" cluster.token)" \
        --post-file /run/join "$(value "$config" server.url)/stand-in/join" 2>/run/http-error
}

# stand_in_beat NAME IP ROLE - a sign of life
stand_in_beat() {
    since=$(value "$nodes/$1" since 2>/dev/null) || since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    printf 'name=%s\nip=%s\nrole=%s\nsince=%s\n' "$1" "$2" "$3" "$since" >"$nodes/.$1.$$"
    # A file that replaces another one reaches the disk by itself; the first one does not, nor does its name.
    if [ -e "$nodes/$1" ]; then
        mv "$nodes/.$1.$$" "$nodes/$1"
    else
        sync
        mv "$nodes/.$1.$$" "$nodes/$1"
        sync
    fi
}

stand_in_kubeconfig() {
    cat <<YAML
# STAND-IN CONTROL PLANE: this is no Kubernetes
apiVersion: v1
kind: Config
clusters:
- name: kindling
  cluster:
    server: http://$1:6443
contexts:
- name: kindling
  context:
    cluster: kindling
    user: admin
current-context: kindling
users:
- name: admin
  user:
    token: $(value "$config" api.token)
YAML
}
