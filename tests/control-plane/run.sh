#!/usr/bin/env bash
# The gate against a real API server: installs it there, applies every example with kubectl and shows the answers.
# Usage: run.sh [once|stay]
#   stay              keeps the API server and the gate running until Ctrl-C
#   AKO_GATE_BINARY   a ready binary, instead of building target/release/ako-gate
# Exit code 1 if an example was not answered as the name of its folder says.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=common.sh
. tests/control-plane/common.sh

mode=${1:-stay}
[[ $mode == once || $mode == stay ]] || { sed -n '2,6s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }

assets=${KUBEBUILDER_ASSETS:-target/control-plane/1.36.3}
gate=${AKO_GATE_BINARY:-target/release/ako-gate}
tests/control-plane/build.sh newest
if [[ -z ${AKO_GATE_BINARY:-} ]]; then cargo build --release --locked; fi

dir=$(mktemp -d)
gate_pid='' up_pid=''
stop() {
    trap '' INT TERM HUP
    if [[ -n $gate_pid ]]; then
        kill -TERM "$gate_pid" 2>/dev/null || true
        for _ in {1..50}; do kill -0 "$gate_pid" 2>/dev/null || break; sleep 0.1; done
        kill -KILL "$gate_pid" 2>/dev/null || true
        wait "$gate_pid" 2>/dev/null || true
    fi
    if [[ -n $up_pid ]]; then
        kill -TERM "$up_pid" 2>/dev/null || true
        wait "$up_pid" 2>/dev/null || true
    fi
    rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
    echo "run.sh: $1" >&2
    if [[ -s $dir/gate.log ]]; then tail -n 30 "$dir/gate.log" >&2; fi
    exit 1
}

# wait_for SECONDS COMMAND... repeats the command until it succeeds, or the gate has ended, or the time is over.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [[ -n $gate_pid ]] && ! kill -0 "$gate_pid" 2>/dev/null; then fail 'the gate has ended'; fi
        if [[ $SECONDS -ge $deadline ]]; then return 1; fi
        sleep 0.2
    done
}

kubectl() { "$assets/kubectl" "$@"; }

# --- the API server, which stops as soon as this script's end of the pipe closes
coproc UP { exec tests/control-plane/up.sh --assets "$assets" --dir "$dir/cluster"; }
# shellcheck disable=SC2153 # set by coproc
up_pid=$UP_PID
word=''
read -r -t 180 word server <&"${UP[0]}" || true
[[ $word == ready ]] || fail 'the API server did not start'
export KUBECONFIG=$dir/cluster/kubeconfig
echo "API server $(kubectl get --raw /version | sed -nE 's/.*"gitVersion": "(.*)".*/\1/p') at $server"
kubectl apply -f tests/crds >/dev/null
kubectl wait --for condition=Established --timeout 30s crd --all >/dev/null
kubectl apply -f manifests/base/namespace.yaml >/dev/null
for file in manifests/base/rbac*.yaml; do kubectl apply -f "$file" >/dev/null; done

# --- the gate, with no more permissions than its installation gives it
token=$(kubectl create token ako-gate --namespace ako-gate-system --duration 24h)
sed -E "s/token: \"[^\"]*\"/token: \"$token\"/" "$KUBECONFIG" >"$dir/gate.kubeconfig"
cat >"$dir/settings.yaml" <<EOF
apiVersion: ako-gate/v1
kind: Settings
profile: {ako: 1.9.3, akoCloud: CLOUD_VCENTER}
EOF
port=$(free_port)
admin=$port
while [[ $admin == "$port" ]]; do admin=$(free_port); done
"${guard[@]}" "$gate" serve --kubeconfig "$dir/gate.kubeconfig" --config "$dir/settings.yaml" \
    --listen "127.0.0.1:$port" --admin-listen "127.0.0.1:$admin" --tls-san 127.0.0.1 \
    --webhook-configuration ako-gate >"$dir/gate.log" 2>&1 </dev/null &
gate_pid=$!

# The API server of this run reaches no Service, so it calls the gate by address.
kubectl patch --local -f manifests/base/webhook.yaml -o yaml --type json -p "[
    {\"op\": \"remove\", \"path\": \"/webhooks/0/clientConfig/service\"},
    {\"op\": \"add\", \"path\": \"/webhooks/0/clientConfig/url\", \"value\": \"https://127.0.0.1:$port/validate\"}]" |
    kubectl apply -f - >/dev/null

gate_ready() {
    local status
    exec 3<>"/dev/tcp/127.0.0.1/$admin" || return 1
    printf 'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n' >&3
    read -r -t 5 status <&3
    exec 3>&-
    [[ $status == *' 200 '* ]]
}
trusted() {
    [[ -n $(kubectl get validatingwebhookconfiguration ako-gate -o 'jsonpath={.webhooks[0].clientConfig.caBundle}') ]]
}
# The API server takes a moment to notice a changed webhook configuration, and lets everything pass until then.
refuses() {
    local answer
    answer=$(kubectl create --dry-run=server -f tests/examples/refused/10-load-balancer-ipv6.yaml 2>&1) && return 1
    [[ $answer == *'"validate.ako-gate.svc" denied'* ]]
}
wait_for 60 gate_ready || fail 'the gate is not ready'
wait_for 60 trusted || fail 'the gate has not filled in the caBundle'
wait_for 15 refuses || echo 'run.sh: the gate refuses nothing yet' >&2
echo "ako-gate at https://127.0.0.1:$port, for AKO 1.9.3 on vCenter"

# --- the examples, AKO's own configuration first
wrong=0 count=0
shopt -s nullglob
for file in tests/examples/accepted/0*.yaml tests/examples/refused/*.yaml tests/examples/warned/*.yaml tests/examples/accepted/[1-9]*.yaml; do
    expected=$(basename "$(dirname "$file")")
    count=$((count + 1))
    code=0
    answer=$(kubectl apply --server-side -f "$file" 2>&1) || code=$?
    got=accepted
    if [[ $answer == *'Warning: '* ]]; then got=warned; fi
    if [[ $code -ne 0 ]]; then got='not applied'; fi
    if [[ $code -ne 0 && $answer == *'"validate.ako-gate.svc" denied'* ]]; then got=refused; fi
    printf '\n# %s: %s\n$ kubectl apply --server-side -f %s\n%s\n' "$expected" "$(sed -n '1s/^# //p' "$file")" "$file" "$answer"
    if [[ $got != "$expected" ]]; then
        echo "run.sh: this was $got, and should have been $expected" >&2
        wrong=$((wrong + 1))
    fi
done

echo
if [[ $wrong -gt 0 ]]; then
    echo "$wrong of $count examples were not answered as expected" >&2
else
    echo "all $count examples were answered as expected"
fi
if [[ $mode == stay ]]; then
    echo
    echo 'Try your own files; Ctrl-C ends everything:'
    echo "  KUBECONFIG=$KUBECONFIG $assets/kubectl apply -f FILE"
    trap 'exit 0' INT
    wait -n "$gate_pid" "$up_pid" || true
    fail 'the gate or the API server has ended'
fi
[[ $wrong -eq 0 ]] || fail 'the gate did not do what the examples say'
