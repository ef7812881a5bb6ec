# shellcheck shell=bash
# Sourced by cluster-test.sh and cluster-load.sh: a gate on a real node, and what it does.

# shellcheck source-path=SCRIPTDIR source=common.sh
. tests/control-plane/common.sh

step() { echo "==> $1 (${SECONDS} s)" >&2; }
fail() {
    echo "${0##*/}: $1" >&2
    kubectl get pods,endpointslices -n ako-gate-system -o wide >&2 || true
    kubectl describe pods -n ako-gate-system >&2 | tail -n 40 || true
    kubectl logs -n ako-gate-system -l app.kubernetes.io/name=ako-gate --tail 20 >&2 || true
    exit 1
}

refused=tests/examples/refused/10-load-balancer-ipv6.yaml
rule=ako/ipv6-vip-on-load-balancer
try() { kubectl create --dry-run=server -f "$refused" 2>&1; }
denies() { [[ $(try) == *"$rule"* ]]; }
passes() { try >/dev/null; }
is_gone() { ! kubectl get "$@" >/dev/null 2>&1; }
policy_is() { [[ $(kubectl get validatingwebhookconfiguration ako-gate -o jsonpath='{.webhooks[0].failurePolicy}') == "$1" ]]; }
rolled_out() { kubectl rollout status -n ako-gate-system deployment/ako-gate --timeout 300s >/dev/null || fail 'not rolled out'; }

# Installs what the gate judges about, and the gate with three replicas.
install_gate() {
    kubectl apply -f tests/crds >/dev/null
    kubectl wait --for=condition=Established --timeout=120s crd --all >/dev/null
    kubectl create namespace avi-system >/dev/null
    kubectl apply -f tests/examples/accepted/00-ako-configuration.yaml >/dev/null
    kubectl apply -k manifests/overlays/high-availability >/dev/null
    rolled_out
    within 120 'a denial through the Service' denies
}

# set_settings LINE... puts these below the head of the settings.
set_settings() {
    kubectl create configmap ako-gate-settings -n ako-gate-system --dry-run=client -o yaml \
        --from-literal=settings.yaml="$(printf '%s\n' 'apiVersion: ako-gate/v1' 'kind: Settings' "$@")" |
        kubectl apply --server-side --force-conflicts -f - >/dev/null
}
