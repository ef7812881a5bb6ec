#!/usr/bin/env bash
# The gate as Pods on a real node, called through its Service: installed both ways as shipped, restarted, deleted,
# stopped under Fail, uninstalled. Run by cluster.sh, which gives KUBECONFIG and a PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# shellcheck source-path=SCRIPTDIR source=cluster-common.sh
. tests/control-plane/cluster-common.sh

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

step 'kubectl apply -k, three replicas'
install_gate
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
        within 120 'the Secret is back' kubectl get secret -n ako-gate-system ako-gate-ca
        # every replica looks at it in this time
        sleep 3
    done
}
while_denied damage
kubectl patch validatingwebhookconfiguration ako-gate --type=json \
    -p '[{"op": "replace", "path": "/webhooks/0/clientConfig/caBundle", "value": ""}]' >/dev/null
within 120 'denials again' denies

# Ends with Fail. It comes after the steps that demand every answer: of the connections that the API server keeps, some
# lead to Pods that were killed without notice, and each of those costs a review.
step '200 reviews a second'
tests/control-plane/cluster-load.sh 20

step 'no Pod left, under Fail'
kubectl scale -n ako-gate-system deployment/ako-gate --replicas 0 >/dev/null
within 120 'no Pod is left' bash -c '[[ -z $(kubectl get pods -n ako-gate-system -o name) ]]'
kubectl create configmap beside-it-too --from-literal=a=b >/dev/null || fail 'something unguarded was blocked'
kubectl create service clusterip guarded --tcp 80 >/dev/null 2>&1 && fail 'the guarded kind was let pass'
kubectl scale -n ako-gate-system deployment/ako-gate --replicas 3 >/dev/null
within 120 'denials again' denies

step 'a cold start with Fail stored'
power_cut
(start_control_plane)
within 120 'the API server is back' kubectl get --raw /readyz
policy_is Fail || fail 'the policy is not what it was'
kubectl create configmap beside-a-cold-start --from-literal=a=b >/dev/null || fail 'something unguarded was blocked'
kubectl create service clusterip -n kube-system cold-start --tcp 80 >/dev/null || fail 'kube-system was blocked'
kubectl create service clusterip guarded --tcp 80 >/dev/null 2>&1 && fail 'the guarded kind was let pass'
(start_containerd && start_node)
within 120 'denials again' denies
rolled_out
policy_is Fail || fail 'the policy is not what it was'

step 'kubectl delete -k'
kubectl delete -k manifests/overlays/high-availability >/dev/null
is_gone validatingwebhookconfiguration ako-gate || fail 'the webhook configuration is left'
within 120 'the namespace is gone' is_gone namespace ako-gate-system
passes || fail 'something still refuses'

step 'helm install, helm uninstall'
helm install ako-gate manifests/chart --kubeconfig "$KUBECONFIG" >/dev/null
rolled_out
within 120 'a denial through the Service' denies
kubectl delete validatingwebhookconfiguration ako-gate >/dev/null
helm uninstall ako-gate --kubeconfig "$KUBECONFIG" >/dev/null
within 120 'the namespace is gone' is_gone namespace ako-gate-system
left=$(kubectl get clusterroles,clusterrolebindings,roles,rolebindings -A -o name | grep ako-gate || true)
[[ -z $left ]] || fail "left behind: $left"
step 'done'
