#!/usr/bin/env bash
# A real node: etcd, kube-apiserver, controllers, scheduler, kubelet, kube-proxy and containerd in namespaces of their
# own, so that nothing of the machine's network is touched and everything ends with the first process. Needs root.
# Usage: cluster.sh COMMAND [ARGUMENT...]
#   COMMAND        runs once the node is ready, with KUBECONFIG, a PATH with kubectl, helm and ctr, and CLUSTER_DIR
#   AKO_GATE_IMAGE a statically linked ako-gate, imported as the image docker.io/library/ako-gate:dev
# Exit code: that of COMMAND.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
assets=$root/target/control-plane/1.36.3

if [[ ${CLUSTER_INSIDE:-} != yes ]]; then
    [[ $# -ge 1 ]] || { sed -n '2,8s/^# //p' "$0" >&2; exit 2; }
    [[ $(id -u) == 0 ]] || { echo 'cluster.sh: needs root' >&2; exit 2; }
    dir=$(mktemp -d /tmp/ako-gate-cluster.XXXXXX)
    # what the node's containers were limited by outlives them
    cleanup() {
        find /sys/fs/cgroup -depth -type d -path "*/ako-gate-${dir##*.}*" -exec rmdir {} + 2>/dev/null || true
        rm -rf --one-file-system "$dir" 2>/dev/null || true
    }
    trap cleanup EXIT
    if [[ -n ${AKO_GATE_IMAGE:-} ]]; then AKO_GATE_IMAGE=$(realpath "$AKO_GATE_IMAGE") && export AKO_GATE_IMAGE; fi
    for tool in containerd ctr runc iptables ip6tables conntrack nsenter; do
        command -v "$tool" >/dev/null || { echo "cluster.sh: $tool is not there (Debian: containerd runc containernetworking-plugins iptables conntrack)" >&2; exit 2; }
    done
    export CLUSTER_INSIDE=yes CLUSTER_NODE=node-a CLUSTER_DIR=$dir CLUSTER_CGROUP=ako-gate-${dir##*.}
    code=0
    # the first process of the new PID namespace is this script again: when it ends, the kernel ends all others
    unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
        bash "${BASH_SOURCE[0]}" "$@" || code=$?
    exit "$code"
fi

export PATH=$assets:$root/target/control-plane/helm:$PATH
command=$(realpath "$(command -v "$1")") || command=$1
shift
cd "$CLUSTER_DIR"
umask 022

say() { echo "cluster: $*" >&2; }
fail() {
    say "$1"
    for log in *.log; do
        echo "--- $log" >&2
        tail -n "${CLUSTER_TAIL:-15}" "$log" >&2
    done
    exit 1
}
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$here/common.sh"

# the names of the Pods' network namespaces end with this one
mkdir -p /run/netns
mount -t tmpfs tmpfs /run/netns

# --- the network: a node address of each family that leads nowhere
ip link set lo up
ip link add node0 type veth peer name node1
ip addr add 10.240.0.2/24 dev node0
ip -6 addr add fd00:240::2/64 dev node0 nodad
ip link set node0 up
ip link set node1 up
ip route add default via 10.240.0.1 dev node0
ip -6 route add default via fd00:240::1 dev node0
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

# --- certificates and credentials
{
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj '/CN=test cluster CA' \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.crt
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=kube-apiserver -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out server.crt -extfile <(
        echo 'subjectAltName=IP:127.0.0.1,IP:10.240.0.2,IP:10.96.0.1,IP:fd00:10:96::1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc'
        echo 'extendedKeyUsage=serverAuth'
    )
    openssl ecparam -name prime256v1 -genkey -noout -out service-account.key
    openssl ec -in service-account.key -pubout -out service-account.pub
} >certificates.log 2>&1 || fail 'no certificates'
kubeconfig() {
    local token
    token=$(openssl rand -hex 16)
    echo "$token,$2,$2,\"$3\"" >>tokens.csv
    cat >"$1.kubeconfig" <<EOF
apiVersion: v1
kind: Config
current-context: test
contexts: [{name: test, context: {cluster: test, user: user}}]
clusters: [{name: test, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: $(openssl base64 -A -in ca.crt)}}]
users: [{name: user, user: {token: "$token"}}]
EOF
}
kubeconfig admin admin system:masters
kubeconfig kubelet "system:node:$CLUSTER_NODE" system:nodes
kubeconfig proxy system:kube-proxy ''
export KUBECONFIG=$CLUSTER_DIR/admin.kubeconfig

# serve COMMAND... starts it again whenever it ends, as a service manager does: a kubelet ends where its container
# runtime does not answer yet, a controller manager where its API server takes ten seconds.
serve() {
    local log=$1.log
    (while true; do "$@" || true; sleep 1; done) >>"$log" 2>&1 </dev/null &
    disown
}

# --- the control plane
start_control_plane() {
    cd "$CLUSTER_DIR"
    serve etcd --data-dir data --unsafe-no-fsync --log-level warn --listen-client-urls http://127.0.0.1:2379 \
        --advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 \
        --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380
    serve kube-apiserver --etcd-servers http://127.0.0.1:2379 --bind-address 0.0.0.0 --secure-port 6443 \
        --advertise-address 10.240.0.2 --tls-cert-file server.crt --tls-private-key-file server.key \
        --authorization-mode Node,RBAC --token-auth-file tokens.csv --allow-privileged \
        --service-account-issuer https://kubernetes.default.svc --service-account-key-file service-account.pub \
        --service-account-signing-key-file service-account.key \
        --service-cluster-ip-range 10.96.0.0/16,fd00:10:96::/108 \
        --kubelet-preferred-address-types InternalIP
    serve kube-controller-manager --kubeconfig admin.kubeconfig --leader-elect=false --bind-address 127.0.0.1 \
        --service-account-private-key-file service-account.key --root-ca-file ca.crt --use-service-account-credentials \
        --allocate-node-cidrs=false --cert-dir pki-controllers
    serve kube-scheduler --kubeconfig admin.kubeconfig --leader-elect=false --bind-address 127.0.0.1 --cert-dir pki-scheduler
}
start_control_plane
within 120 'the API server is ready' kubectl get --raw /readyz

# --- the container runtime
mkdir -p cni run
cat >cni/10-bridge.conflist <<'EOF'
{"cniVersion": "0.4.0", "name": "test", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "CLUSTER_DIR/ipam",
            "ranges": [[{"subnet": "10.244.0.0/24"}], [{"subnet": "fd00:244::/64"}]],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
EOF
sed -i "s|CLUSTER_DIR|$CLUSTER_DIR|" cni/10-bridge.conflist
cat >containerd.toml <<EOF
version = 2
root = "$CLUSTER_DIR/containerd"
state = "$CLUSTER_DIR/run/containerd"
[grpc]
  address = "$CLUSTER_DIR/run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/pause:test"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$CLUSTER_DIR/cni"
EOF
start_containerd() {
    cd "$CLUSTER_DIR"
    serve containerd --config containerd.toml --log-level warn
}
start_containerd
ctr() { command ctr --address "$CLUSTER_DIR/run/containerd.sock" -n k8s.io "$@"; }
within 120 'containerd answers' ctr version

# image NAME BINARY imports an image that holds one static binary, in docker-archive form.
image() {
    local name=$1 binary=$2 work sum
    work=$(mktemp -d -p .)
    install -D -m 0755 "$binary" "$work/layer/${binary##*/}"
    tar -C "$work/layer" --owner 0 --group 0 --numeric-owner -cf "$work/layer.tar" "${binary##*/}"
    sum=$(sha256sum "$work/layer.tar" | cut -d ' ' -f 1)
    cat >"$work/config.json" <<EOF
{"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/${binary##*/}"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$sum"]}}
EOF
    echo "[{\"Config\": \"config.json\", \"RepoTags\": [\"$name\"], \"Layers\": [\"layer.tar\"]}]" >"$work/manifest.json"
    tar -C "$work" -cf "$work/image.tar" manifest.json config.json layer.tar
    ctr images import "$work/image.tar" >/dev/null
    rm -rf "$work"
}
image pause:test "$assets/pause"
if [[ -n ${AKO_GATE_IMAGE:-} ]]; then image ako-gate:dev "$AKO_GATE_IMAGE"; fi

# --- the node
cat >kubelet.yaml <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
failSwapOn: false
cgroupDriver: cgroupfs
cgroupRoot: /$CLUSTER_CGROUP
enforceNodeAllocatable: []
containerRuntimeEndpoint: unix://$CLUSTER_DIR/run/containerd.sock
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
evictionHard: {memory.available: "1Mi"}
imageGCHighThresholdPercent: 100
localStorageCapacityIsolation: false
resolvConf: ""
# settings reach the Pods with it
syncFrequency: 5s
podLogsDir: $CLUSTER_DIR/pod-logs
EOF
for controller in /sys/fs/cgroup/*/; do mkdir -p "$controller/$CLUSTER_CGROUP"; done
for file in cpus mems; do
    set=/sys/fs/cgroup/cpuset
    if [[ -e $set/cpuset.$file ]]; then cat "$set/cpuset.$file" >"$set/$CLUSTER_CGROUP/cpuset.$file"; fi
done
cat >proxy.yaml <<EOF
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: proxy.kubeconfig}
hostnameOverride: $CLUSTER_NODE
clusterCIDR: 10.244.0.0/16,fd00:244::/56
conntrack: {maxPerCore: 0}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
EOF
start_node() {
    cd "$CLUSTER_DIR"
    serve kubelet --config kubelet.yaml --kubeconfig kubelet.kubeconfig --root-dir "$CLUSTER_DIR/kubelet" \
        --hostname-override "$CLUSTER_NODE" --node-ip 10.240.0.2,fd00:240::2 --cert-dir "$CLUSTER_DIR/pki-kubelet"
    serve kube-proxy --config proxy.yaml
}
start_node
within 120 'the node registers' kubectl get node "$CLUSTER_NODE"
kubectl wait --for condition=Ready --timeout 180s node "$CLUSTER_NODE" >/dev/null || fail 'the node is not ready'
say "the node is ready after $SECONDS s"

# Ends everything on the node at once and clears what a reboot does. start_control_plane, start_containerd and start_node
# bring it back, with what is on its disk.
power_cut() {
    local pid=$BASHPID keep=' ' others=()
    while [[ $pid != 0 ]]; do
        keep+="$pid "
        pid=$(awk '/^PPid:/ {print $2}' "/proc/$pid/status")
    done
    for pid in /proc/[0-9]*; do
        if [[ $keep != *" ${pid#/proc/} "* ]]; then others+=("${pid#/proc/}"); fi
    done
    # all of them before anything is started again
    kill -KILL "${others[@]}" 2>/dev/null || true
    awk -v run="$CLUSTER_DIR/run/" 'index($2, run) == 1 || index($2, "/run/netns/") == 1 {print $2}' /proc/mounts |
        sort -r | xargs -r umount --lazy
    rm -rf "$CLUSTER_DIR/run/containerd" /run/netns/*
    ip link delete cni0
}

export -f ctr serve start_control_plane start_containerd start_node power_cut
code=0
"$command" "$@" || code=$?
if [[ $code != 0 ]]; then
    (fail 'the command failed') || true
fi
exit "$code"
