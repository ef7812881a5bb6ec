#!/usr/bin/env bash
# 200 reviews a second, through the API server while everything about the gate changes. Run by cluster.sh, or by
# cluster-test.sh when the gate is installed.
# Usage: cluster-load.sh SECONDS
#   AKO_GATE_LOAD        the program that asks (tests/control-plane/load)
#   AKO_GATE_LOAD_RATE   reviews a second, for a machine that is slower
# Exit code 1 if an answer was wrong, or missing where none may be.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source-path=SCRIPTDIR source=cluster-common.sh
. tests/control-plane/cluster-common.sh

least=$1
rate=${AKO_GATE_LOAD_RATE:-200}

# begin NAME starts asking, end NAME stops that and prints what came of it.
begin() {
    rm -f "$CLUSTER_DIR/stop-$1"
    "$AKO_GATE_LOAD" run "$CLUSTER_DIR/stop-$1" "$rate" >"$CLUSTER_DIR/asked-$1" &
    asking=$!
}
end() {
    touch "$CLUSTER_DIR/stop-$1"
    wait "$asking" || fail "who asks has ended: $1"
    sed "s/^/    $1: /" "$CLUSTER_DIR/asked-$1" >&2
    grep -q ': 0 wrong,' "$CLUSTER_DIR/asked-$1" || fail "wrong answers: $1"
}

bundle() { kubectl get validatingwebhookconfiguration ako-gate -o jsonpath='{.webhooks[0].clientConfig.caBundle}'; }
newest_authority() { bundle | openssl base64 -d -A | openssl x509 -noout -fingerprint; }
is_another() { [[ $(newest_authority) != "$1" ]]; }
leader() { kubectl get lease -n ako-gate-system ako-gate -o jsonpath='{.spec.holderIdentity}'; }
# by a Pod that is there: one that went without giving the Lease back holds it for a while
is_led_by_another() {
    local now
    now=$(leader)
    [[ -n $now && $now != "$1" ]] && kubectl get pod -n ako-gate-system "${now%%_*}"
}
running() { kubectl get pods -n ako-gate-system --field-selector status.phase=Running -o name; }
# every replica says this of its settings: 0 in force, 1 refused
settings_are() {
    local pod
    for pod in $(running); do
        kubectl get --raw "/api/v1/namespaces/ako-gate-system/pods/${pod#pod/}:9443/proxy/metrics" |
            grep -qx "ako_gate_settings_invalid $1" || return 1
    done
}

rotate() {
    local before
    before=$(newest_authority)
    "$AKO_GATE_LOAD" due-authority | kubectl replace -f - >/dev/null
    within 120 'another CA' is_another "$before"
    # until every replica serves what it issued
    sleep 8
}

kubectl get deployment -n ako-gate-system ako-gate >/dev/null 2>&1 || install_gate

step "$rate reviews a second: CA and leaf change, Pods are rolled, the leader goes, settings come"
start=$SECONDS
begin changes
for _ in 1 2 3; do rotate; done
kubectl rollout restart -n ako-gate-system deployment/ako-gate >/dev/null
rolled_out
within 120 'there is a leader' is_led_by_another ''
before=$(leader)
kubectl delete pod -n ako-gate-system "${before%%_*}" --wait=false --ignore-not-found >/dev/null
within 120 'another leader' is_led_by_another "$before"
rolled_out
set_settings 'rules: {kubernetes/*: warn}'
sleep 10
set_settings 'rules: {kubernetes/*: never}'
within 120 'the invalid settings are refused' settings_are 1
set_settings 'profile: {}'
within 120 'the good settings are in force' settings_are 0
while [[ $((SECONDS - start)) -lt $least ]]; do sleep 1; done
end changes
grep -q ', 0 let pass, 0 blocked;' "$CLUSTER_DIR/asked-changes" || fail 'reviews were not answered'

# delete_all NAME deletes every Pod at once while reviews are asked for.
delete_all() {
    begin "$1"
    kubectl delete pods -n ako-gate-system --all --force --grace-period 0 >/dev/null 2>&1
    kubectl create configmap "beside-$1" --from-literal=a=b >/dev/null || fail 'something unguarded was blocked'
    within 120 'denials again' denies
    rolled_out
    end "$1"
}

step 'every Pod deleted at once, under Ignore'
delete_all under-ignore
grep -q ', 0 blocked;' "$CLUSTER_DIR/asked-under-ignore" || fail 'something was blocked'

step 'every Pod deleted at once, under Fail'
set_settings 'webhook: {failurePolicy: Fail}'
within 120 'failurePolicy is Fail' policy_is Fail
# the API server hears of one configuration after the other: when it asks for this, it knows that
kubectl create -f - >/dev/null <<'EOF'
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: later}
webhooks:
  - name: later.example.com
    admissionReviewVersions: [v1]
    sideEffects: None
    clientConfig: {url: "https://127.0.0.1:1/"}
    rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [podtemplates]}]
EOF
asks_later() {
    local template='{apiVersion: v1, kind: PodTemplate, metadata: {name: later}, template: {spec: {containers: [{name: a, image: a}]}}}'
    [[ $(kubectl create --dry-run=server -f - <<<"$template" 2>&1) == *later.example.com* ]]
}
within 120 'the API server knows of Fail' asks_later
kubectl delete validatingwebhookconfiguration later >/dev/null
delete_all under-fail
grep -q ' 0 let pass,' "$CLUSTER_DIR/asked-under-fail" || fail 'something was let pass'
