# K3s: fetched once, checked, kept on the data partition, and run with what the install config says.
# shellcheck shell=dash
# shellcheck disable=SC2154

k3s=$data/bin/k3s

k3s_server() {
    k3s_prepare
    {
        k3s_common
        echo "advertise-address: \"$(value "$config" node.ip)\""
        echo "tls-san: [\"$(value "$config" node.ip)\"]"
        echo 'write-kubeconfig-mode: "0600"'
        k3s_setting cluster-cidr pod.cidr
        k3s_setting service-cidr service.cidr
    } | take_file /etc/rancher/k3s/config.yaml
    k3s_start server
    k3s_wait "the API" k3s_api_ready
    sed "s#https://127.0.0.1:6443#https://$(value "$config" node.ip):6443#" /etc/rancher/k3s/k3s.yaml >/run/kubeconfig
    post_surely kubeconfig /run/kubeconfig
    rm /run/kubeconfig
    k3s_wait "the node" k3s_node_ready
    k3s_stay
}

k3s_agent() {
    k3s_prepare
    {
        k3s_common
        echo "server: \"$(value "$config" server.url)\""
    } | take_file /etc/rancher/k3s/config.yaml
    k3s_start agent
    k3s_wait "the kubelet" k3s_kubelet_ready
    k3s_stay
}

k3s_common() {
    echo "token: \"$(value "$config" cluster.token)\""
    echo "node-name: \"$(value "$config" node.name)\""
    echo "node-ip: \"$(value "$config" node.ip)\""
}

k3s_setting() {
    setting=$(value "$config" "$2") && echo "$1: \"$setting\""
}

# What K3s expects of an operating system.
k3s_prepare() {
    for name in rancher:/var/lib/rancher etc-rancher:/etc/rancher kubelet:/var/lib/kubelet log:/var/log; do
        target=${name#*:}
        grep -q " $target " /proc/mounts && continue
        mkdir -p "$data/${name%%:*}" "$target"
        mount --bind "$data/${name%%:*}" "$target"
    done
    mkdir -p /etc/rancher/k3s
    [ -s "$data"/machine-id ] || tr -d - </proc/sys/kernel/random/uuid | take_file "$data"/machine-id
    install_machine_id
    mkdir -p /sys/fs/cgroup
    grep -q ' /sys/fs/cgroup ' /proc/mounts || mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
    mount --make-rshared /
    modprobe -a overlay br_netfilter vxlan nf_conntrack nf_tables 2>/dev/null
    for setting in net/ipv4/ip_forward net/ipv6/conf/all/forwarding net/bridge/bridge-nf-call-iptables \
        net/bridge/bridge-nf-call-ip6tables; do
        [ ! -e "/proc/sys/$setting" ] || echo 1 >"/proc/sys/$setting"
    done
    k3s_fetch
}

install_machine_id() {
    cp "$data"/machine-id /etc/machine-id
    chmod 0444 /etc/machine-id
}

k3s_fetch() {
    url=$(value "$config" k3s.url)
    hash=$(value "$config" k3s.sha256)
    case "$url" in
    http://* | https://*) ;;
    *) url=$KINDLING_URL/${url#/} ;;
    esac
    [ ${#hash} -eq 64 ] || stop "k3s.sha256 is no SHA-256"
    mkdir -p "$data"/bin
    until [ -x "$k3s" ] && [ "$(k3s_hash "$k3s")" = "$hash" ]; do
        log "fetching K3s"
        if ! fetch "$url" >"$k3s".new; then
            request_failed "cannot fetch K3s"
        elif [ "$(k3s_hash "$k3s".new)" != "$hash" ]; then
            log "K3s arrived damaged: its SHA-256 is not the expected one; trying again"
            sleep 5
        else
            chmod 0755 "$k3s".new
            sync
            mv "$k3s".new "$k3s"
        fi
    done
}

k3s_hash() {
    sha256sum "$1" | cut -d ' ' -f 1
}

# k3s_start ROLE - one process, also when this script was started again
k3s_start() {
    is_alive /run/k3s.pid && return
    log "starting K3s $(value "$config" version) as $1"
    [ ! -e /var/log/k3s.log ] || mv /var/log/k3s.log /var/log/k3s.log.1
    # The file of K3s itself is readable for containers that mount it.
    (umask 022 && exec setsid "$k3s" "$1") >/var/log/k3s.log 2>&1 &
    echo $! >/run/k3s.pid
}

# k3s_wait WHAT CHECK
k3s_wait() {
    waited=0
    until "$2"; do
        is_alive /run/k3s.pid || stop "K3s ended: $(tail -n 1 /var/log/k3s.log | cut -c 1-300)"
        [ $((waited % 10)) -ne 0 ] || progress joining '' "text=waiting for $1 of K3s ($((waited * 3)) s)"
        waited=$((waited + 1))
        sleep 3
    done
}

k3s_api_ready() {
    [ -s /etc/rancher/k3s/k3s.yaml ] && [ "$("$k3s" kubectl get --raw=/readyz 2>/dev/null)" = ok ]
}

k3s_node_ready() {
    [ "$("$k3s" kubectl get node "$(value "$config" node.name)" \
        -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null)" = True ]
}

k3s_kubelet_ready() {
    [ "$(wget -q -O - http://127.0.0.1:10248/healthz 2>/dev/null)" = ok ]
}

k3s_stay() {
    progress_surely ready 1 "text=K3s runs"
    log "ready: K3s $(value "$config" version)"
    while is_alive /run/k3s.pid; do
        sleep 5
    done
    log "K3s ended: $(tail -n 1 /var/log/k3s.log | cut -c 1-300); starting it again"
}
