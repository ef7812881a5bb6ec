#!/usr/bin/env bash
# The gate as Pods on a real node, called through its Service: installed both ways as shipped, restarted, deleted,
# stopped under Fail, uninstalled. Run by cluster.sh, which gives KUBECONFIG and a PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

step() { echo "==> $1 (${SECONDS} s)" >&2; }
fail() {
    echo "cluster-test.sh: $1" >&2
    kubectl get pods,endpointslices -n ako-gate-system -o wide >&2 || true
    kubectl describe pods -n ako-gate-system >&2 | tail -n 40 || true
    kubectl logs -n ako-gate-system -l app.kubernetes.io/name=ako-gate --tail 20 >&2 || true
    exit 1
}
within() {
    local deadline=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $deadline ]] || fail "not in time: $what"
        sleep 0.2
    done
}

refused=tests/examples/refused/10-load-balancer-ipv6.yaml
rule=ako/ipv6-vip-on-load-balancer
try() { kubectl create --dry-run=server -f "$refused" 2>&1; }
denies() { [[ $(try) == *"$rule"* ]]; }
passes() { try >/dev/null; }
is_gone() { ! kubectl get "$@" >/dev/null 2>&1; }
policy_is() { [[ $(kubectl get validatingwebhookconfiguration ako-gate -o jsonpath='{.webhooks[0].failurePolicy}') == "$1" ]]; }
rolled_out() { kubectl rollout status -n ako-gate-system deployment/ako-gate --timeout 120s >/dev/null || fail 'not rolled out'; }

# while_denied COMMAND... runs it while one review after the other is sent; every answer must be a denial.
while_denied() {
    local stop=$CLUSTER_DIR/stop answers=$CLUSTER_DIR/answers
    rm -f "$stop" "$answers"
    (until [[ -e $stop ]]; do try >>"$answers.one" || true; tr '\n' ' ' <"$answers.one" >>"$answers"; echo >>"$answers"; rm "$answers.one"; done) &
    local load=$!
    "$@"
    touch "$stop"
    wait "$load"
    local all wrong
    all=$(wc -l <"$answers")
    wrong=$(grep -vc "$rule" "$answers" || true)
    echo "    $all reviews, $wrong without a denial" >&2
    if [[ $all -lt 3 || $wrong -ne 0 ]]; then
        grep -v "$rule" "$answers" | head -n 5 >&2
        fail 'a review was not denied'
    fi
}

kubectl apply -f tests/crds >/dev/null
kubectl wait --for=condition=Established --timeout=30s crd --all >/dev/null
kubectl create namespace avi-system >/dev/null
kubectl apply -f tests/examples/accepted/00-ako-configuration.yaml >/dev/null

step 'kubectl apply -k, three replicas'
kubectl apply -k manifests/overlays/high-availability >/dev/null
rolled_out
within 60 'a denial through the Service' denies
"$AKO_GATE_IMAGE" doctor >"$CLUSTER_DIR/doctor.log" || { cat "$CLUSTER_DIR/doctor.log" >&2; fail 'doctor finds something'; }
families=$(kubectl get endpointslices -n ako-gate-system -l kubernetes.io/service-name=ako-gate -o jsonpath='{.items[*].addressType}')
[[ $families == *IPv4* && $families == *IPv6* ]] || fail "the Service has endpoints over $families"

step 'a rolling restart'
restart() {
    kubectl rollout restart -n ako-gate-system deployment/ako-gate >/dev/null
    rolled_out
}
while_denied restart

step 'the Secret deleted and the caBundle emptied'
damage() {
    for _ in 1 2 3; do
        kubectl delete secret -n ako-gate-system ako-gate-ca >/dev/null
        within 20 'the Secret is back' kubectl get secret -n ako-gate-system ako-gate-ca
        # every replica looks at it in this time
        sleep 3
    done
}
while_denied damage
kubectl patch validatingwebhookconfiguration ako-gate --type=json \
    -p '[{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": ""}]' >/dev/null
within 20 'denials again' denies

step 'every Pod deleted at once, under Ignore'
kubectl delete pods -n ako-gate-system --all --force --grace-period 0 >/dev/null 2>&1
kubectl create configmap beside-it --from-literal=a=b >/dev/null || fail 'something else was blocked'
passes || denies || fail 'the guarded kind was blocked'
within 60 'denials again' denies
rolled_out

step 'Fail, asked for by the settings'
settings='apiVersion: ako-gate/v1
kind: Settings
webhook: {failurePolicy: Fail}'
kubectl create configmap ako-gate-settings -n ako-gate-system --from-literal=settings.yaml="$settings" \
    --dry-run=client -o yaml | kubectl apply --server-side --force-conflicts -f - >/dev/null
while_denied restart
within 60 'failurePolicy is Fail' policy_is Fail
kubectl scale -n ako-gate-system deployment/ako-gate --replicas 0 >/dev/null
within 60 'no Pod is left' bash -c '[[ -z $(kubectl get pods -n ako-gate-system -o name) ]]'
kubectl create configmap beside-it-too --from-literal=a=b >/dev/null || fail 'something unguarded was blocked'
kubectl create service clusterip guarded --tcp 80 >/dev/null 2>&1 && fail 'the guarded kind was let pass'
kubectl scale -n ako-gate-system deployment/ako-gate --replicas 3 >/dev/null
within 60 'denials again' denies

step 'kubectl delete -k'
kubectl delete -k manifests/overlays/high-availability >/dev/null
is_gone validatingwebhookconfiguration ako-gate || fail 'the webhook configuration is left'
within 60 'the namespace is gone' is_gone namespace ako-gate-system
passes || fail 'something still refuses'

step 'helm install, helm uninstall'
helm install ako-gate manifests/chart --kubeconfig "$KUBECONFIG" >/dev/null
rolled_out
within 60 'a denial through the Service' denies
kubectl delete validatingwebhookconfiguration ako-gate >/dev/null
helm uninstall ako-gate --kubeconfig "$KUBECONFIG" >/dev/null
within 60 'the namespace is gone' is_gone namespace ako-gate-system
left=$(kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o name | grep ako-gate || true)
[[ -z $left ]] || fail "left behind: $left"
step 'done'
