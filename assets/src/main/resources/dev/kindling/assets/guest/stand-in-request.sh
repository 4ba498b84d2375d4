#!/bin/sh
# One HTTP request to the stand-in control plane, on standard input and output.
# A client that says nothing does not stay.
[ -n "$STAND_IN_REQUEST" ] || STAND_IN_REQUEST=1 exec timeout 30 "$0"
# shellcheck source=lib.sh
. /lib/kindling/lib.sh
data=/var/lib/kindling
config=$data/config
# shellcheck source=stand-in.sh
. /lib/kindling/stand-in.sh
# Nothing of what goes wrong here may reach the client in the middle of an answer.
exec 2>/dev/null
umask 077
version=$(value "$config" version)-standin
cr=$(printf '\r')

main() {
    read -r method path _ || exit 0
    token='' length=0
    while read -r header content; do
        header=${header%"$cr"}
        content=${content%"$cr"}
        case "$header" in
        '') break ;;
        [Aa]uthorization:) case "$content" in 'Bearer '*) token=${content#Bearer } ;; esac ;;
        [Cc]ontent-[Ll]ength:) length=$content ;;
        esac
    done
    case "$method ${path%%\?*}" in
    'GET /readyz' | 'GET /livez' | 'GET /healthz') answer '200 OK' text/plain ok ;;
    'GET /version') answer '200 OK' application/json "$(version_json)" ;;
    'GET /api/v1/nodes') allowed api.token && answer '200 OK' application/json "$(node_list)" ;;
    'GET /api/v1/nodes/'*) allowed api.token && one_node "${path##*/}" ;;
    'POST /stand-in/join') allowed cluster.token && join ;;
    *) failure '404 Not Found' NotFound "this is a stand-in control plane, it does not know $method" 404 ;;
    esac
}

# allowed KEY - whether the bearer token is this one of the install config; answers when it is not
allowed() {
    wanted=$(value "$config" "$1")
    [ -n "$wanted" ] && [ "$token" = "$wanted" ] && return 0
    failure '401 Unauthorized' Unauthorized Unauthorized 401
    return 1
}

answer() {
    printf 'HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %s\r\nServer: kindling-stand-in\r\nConnection: close\r\n\r\n%s' \
        "$1" "$2" "$(printf '%s' "$3" | wc -c)" "$3"
}

failure() {
    answer "$1" application/json \
        '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"'"$3"'","reason":"'"$2"'","code":'"$4"'}'
}

version_json() {
    numbers=${version#v}
    major=${numbers%%.*}
    minor=${numbers#*.}
    minor=${minor%%.*}
    printf '{"major":"%s","minor":"%s","gitVersion":"%s","gitCommit":"","gitTreeState":"","buildDate":"","goVersion":"","compiler":"","platform":"linux/amd64"}' \
        "$major" "$minor" "$version"
}

join() {
    if ! is_number "$length" || [ "$length" -gt 1024 ]; then
        failure '400 Bad Request' BadRequest "a body of at most 1024 bytes is needed" 400
        return
    fi
    head -c "$length" >"/run/join.$$"
    name=$(value "/run/join.$$" name)
    ip=$(value "/run/join.$$" ip)
    rm -f "/run/join.$$"
    if is_word "$name" && is_word "$ip" && [ "${name#.}" = "$name" ]; then
        stand_in_beat "$name" "$ip" worker
        answer '200 OK' text/plain joined
    else
        failure '400 Bad Request' BadRequest "name or ip is missing or has other than letters, digits, dots and dashes" 400
    fi
}

node_list() {
    separator=
    printf '{"kind":"NodeList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":['
    for file in "$nodes"/*; do
        [ -s "$file" ] || continue
        printf '%s' "$separator"
        node_json "$file"
        separator=,
    done
    printf ']}'
}

one_node() {
    if is_word "$1" && [ "${1#.}" = "$1" ] && [ -e "$nodes/$1" ]; then
        answer '200 OK' application/json "$(node_json "$nodes/$1")"
    else
        failure '404 Not Found' NotFound "there is no such node" 404
    fi
}

# node_json FILE
node_json() {
    name=$(value "$1" name)
    role=$(value "$1" role)
    since=$(value "$1" since)
    beat=$(date -u -r "$1" +%s)
    if [ $(($(date -u +%s) - beat)) -le 40 ]; then
        ready=True reason=StandInHeard message='stand-in control plane: heard of lately, no kubelet'
    else
        ready=False reason=StandInSilent message='stand-in control plane: not heard of for 40 seconds'
    fi
    heard=$(date -u -d "@$beat" +%Y-%m-%dT%H:%M:%SZ)
    printf '{"kind":"Node","apiVersion":"v1","metadata":{"name":"%s","uid":"stand-in-%s","resourceVersion":"%s","creationTimestamp":"%s",' \
        "$name" "$name" "$beat" "$since"
    printf '"labels":{"kubernetes.io/hostname":"%s","kubernetes.io/arch":"amd64","kubernetes.io/os":"linux","node-role.kubernetes.io/%s":"true","kindling.dev/stand-in":"true"}},' \
        "$name" "$role"
    printf '"spec":{},"status":{"conditions":[{"type":"Ready","status":"%s","reason":"%s","message":"%s","lastHeartbeatTime":"%s","lastTransitionTime":"%s"}],' \
        "$ready" "$reason" "$message" "$heard" "$since"
    printf '"addresses":[{"type":"InternalIP","address":"%s"},{"type":"Hostname","address":"%s"}],' "$(value "$1" ip)" "$name"
    printf '"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"%s","osImage":"Kindling stand-in, no Kubernetes","containerRuntimeVersion":"none","kubeletVersion":"%s","kubeProxyVersion":"","operatingSystem":"linux","architecture":"amd64"}}}' \
        "$(uname -r)" "$version"
}

main
