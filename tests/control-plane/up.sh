#!/usr/bin/env bash
# Runs etcd and kube-apiserver on loopback until standard input ends or a signal comes, so that nothing outlives the
# process that holds the other end of the pipe, however that one dies.
# Usage: up.sh --assets DIR --dir WORKDIR [--etcd PATH] [--service-ranges A,B] [--token TOKEN,USER,UID,"GROUPS"]... [-- FLAG...]
#   --assets DIR   a folder with etcd, kube-apiserver and kubectl
#   --dir WORKDIR  gets kubeconfig (administrator), certificates, data and *.log; must be empty or absent
#   FLAG...        further flags for kube-apiserver
# A line `restart server SECONDS`, or with `etcd` or `all` instead, on standard input kills what it names and starts it
# again, with the same data and port, after so many seconds, and prints `restarted server`.
# Prints `ready URL` once /readyz is ok. Exit code 0 after an ordinary end, 1 if a server fails, 2 for bad usage.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage() { sed -n '2,10s/^# //p' "$0" >&2; exit 2; }

assets='' dir='' etcd='' ranges=10.96.0.0/16,fd00:10:96::/108 tokens=()
while [[ $# -gt 0 && $1 != -- ]]; do
    [[ $# -ge 2 ]] || usage
    case $1 in
        --assets) assets=$(realpath "$2") ;;
        --dir) dir=$2 ;;
        --etcd) etcd=$(realpath "$2") ;;
        --service-ranges) ranges=$2 ;;
        --token) tokens+=("$2") ;;
        *) usage ;;
    esac
    shift 2
done
if [[ $# -gt 0 ]]; then shift; fi
[[ -n $assets && -n $dir ]] || usage
etcd=${etcd:-$assets/etcd}

mkdir -p "$dir"
# Everything below is relative to it: a socket's full path may be too long for the system.
cd "$dir"
umask 077

etcd_pid='' server_pid=''
stop() {
    # Nothing here is worth a graceful end: the data goes with the folder.
    # shellcheck disable=SC2086 # empty before start
    kill -KILL $etcd_pid $server_pid 2>/dev/null || true
    # shellcheck disable=SC2086
    wait $etcd_pid $server_pid 2>/dev/null || true
    etcd_pid='' server_pid=''
}
trap 'trap "" TERM INT HUP; stop' EXIT
trap 'exit 0' TERM INT HUP

fail() {
    echo "up.sh: $1" >&2
    tail -n 25 etcd.log kube-apiserver.log >&2 || true
    exit 1
}

make_certificates() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=test control plane CA' \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.crt
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out server.crt -extfile <(
        echo 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc'
        echo 'extendedKeyUsage=serverAuth'
    )
    openssl ecparam -name prime256v1 -genkey -noout -out service-account.key
    openssl ec -in service-account.key -pubout -out service-account.pub
}
make_certificates >certificates.log 2>&1 || { cat certificates.log >&2; exit 1; }

admin_token=$(openssl rand -hex 16)
{
    echo "$admin_token,admin,admin,\"system:masters\""
    if [[ ${#tokens[@]} -gt 0 ]]; then printf '%s\n' "${tokens[@]}"; fi
} >tokens.csv

write_kubeconfig() {
    cat >kubeconfig <<EOF
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: admin}}]
clusters: [{name: test, cluster: {server: "$url", certificate-authority-data: $(openssl base64 -A -in ca.crt)}}]
users: [{name: admin, user: {token: "$admin_token"}}]
EOF
}

# The advertised address must be of the first range's family and must not be loopback; nothing connects to it.
advertise=192.0.2.1
if [[ ${ranges%%,*} == *:* ]]; then advertise=2001:db8::1; fi

start_etcd() {
    # A socket instead of a port: no other process can meet this store by accident.
    "${guard[@]}" "$etcd" --data-dir data --unsafe-no-fsync --log-level warn \
        --listen-client-urls unix://etcd.sock --advertise-client-urls http://127.0.0.1:0 \
        --listen-peer-urls http://127.0.0.1:0 --initial-advertise-peer-urls http://127.0.0.1:0 \
        --initial-cluster default=http://127.0.0.1:0 --heartbeat-interval 10 --election-timeout 100 \
        >>etcd.log 2>&1 </dev/null &
    etcd_pid=$!
}

start_server() {
    "${guard[@]}" "$assets/kube-apiserver" --etcd-servers unix://etcd.sock \
        --bind-address 127.0.0.1 --secure-port "$port" --advertise-address "$advertise" \
        --tls-cert-file server.crt --tls-private-key-file server.key \
        --authorization-mode RBAC --token-auth-file tokens.csv \
        --service-account-issuer https://kubernetes.default.svc \
        --service-account-key-file service-account.pub --service-account-signing-key-file service-account.key \
        --service-cluster-ip-range "$ranges" \
        --disable-admission-plugins ServiceAccount ${flags[@]+"${flags[@]}"} \
        >>kube-apiserver.log 2>&1 </dev/null &
    server_pid=$!
}

start() {
    rm -rf data etcd.sock etcd.log kube-apiserver.log
    start_etcd
    port=$(free_port)
    url=https://127.0.0.1:$port
    write_kubeconfig
    start_server
}

restart() {
    local pids=()
    if [[ $1 != etcd ]]; then pids+=("$server_pid"); fi
    if [[ $1 != server ]]; then pids+=("$etcd_pid"); fi
    kill -KILL "${pids[@]}"
    wait "${pids[@]}" 2>/dev/null || true
    sleep "$2"
    if [[ $1 != server ]]; then
        rm -f etcd.sock
        start_etcd
    fi
    if [[ $1 != etcd ]]; then start_server; fi
    echo "restarted $1"
}

alive() { kill -0 "$etcd_pid" 2>/dev/null && kill -0 "$server_pid" 2>/dev/null; }

get() { KUBECONFIG=kubeconfig "$assets/kubectl" get --raw "$1" --request-timeout 2s >/dev/null 2>&1; }

# The server calls itself ready a moment before it has created the default namespace.
ready() { get /readyz && get /api/v1/namespaces/default/services/kubernetes; }

attempt=1 flags=("$@")
start
deadline=$((SECONDS + 120))
until ready; do
    if ! alive; then
        # Somebody else took the port between the look and the bind.
        if grep -q 'address already in use' kube-apiserver.log && [[ $attempt -lt 10 ]]; then
            stop
            attempt=$((attempt + 1))
            start
            continue
        fi
        fail 'a server ended before it was ready'
    fi
    [[ $SECONDS -lt $deadline ]] || fail 'not ready after 120 s'
    sleep 0.1
done
echo "ready $url"

while alive; do
    if read -r -t 1 command what seconds; then
        if [[ $command == restart ]]; then restart "$what" "$seconds"; fi
    elif [[ $? -le 128 ]]; then
        exit 0
    fi
done
fail 'a server ended unexpectedly'
