#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kubectl and Helm from their published Go modules into target/control-plane/RELEASE/ and
# target/control-plane/helm/.
# Usage: build.sh [newest|oldest|all|helm] [--controllers] [--node]
#   --controllers          also kube-controller-manager, of the newest release
#   --node                 also what a node needs: kubelet, kube-scheduler, kube-proxy and a pause program
#   KUBEBUILDER_ASSETS     a folder that already holds the three binaries: the newest release is not built then
set -euo pipefail

newest=1.36.3
oldest=1.30.14

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$here/../.." && pwd)/target/control-plane
# Static binaries, and no C compiler needed.
export CGO_ENABLED=0

assets=''
if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then assets=$(realpath "$KUBEBUILDER_ASSETS"); fi

say() { echo "control-plane: $*" >&2; }

# build RELEASE FOLDER BINARY... compiles what has changed since the last time.
build() {
    local release=$1 module=$2 dir=$out/$1
    shift 2
    local package=k8s.io/component-base/version minor=${release#*.}
    local ldflags="-s -w -X $package.gitVersion=v$release -X $package.gitMajor=${release%%.*} -X $package.gitMinor=${minor%%.*}"
    local wanted=() name sum
    sum=$({ go version; cat "$module/go.mod" "$module/go.sum" "$module"/cmd/*/main.go "$here/build.sh"; } | cksum)
    for name in "$@"; do
        if [[ ! -x $dir/$name || $(cat "$dir/.$name.built" 2>/dev/null) != "$sum" ]]; then wanted+=("$name"); fi
    done
    if [[ ${#wanted[@]} -eq 0 ]]; then
        say "$release is up to date"
        return
    fi
    say "building ${wanted[*]} $release (some minutes the first time)"
    local start=$SECONDS
    mkdir -p "$dir"
    # Built beside its place and moved there, so that a running server or a second build never sees half a file.
    new=$(mktemp -d "$dir/.new.XXXXXX")
    trap 'rm -rf "$new"' EXIT
    (cd "$module" && GOWORK=off go build -trimpath -mod=readonly -buildvcs=false -ldflags "$ldflags" -o "$new/" "${wanted[@]/#/./cmd/}")
    for name in "${wanted[@]}"; do
        mv -f "$new/$name" "$dir/$name"
        echo "$sum" >"$dir/.$name.built"
    done
    rm -rf "$new"
    say "built ${wanted[*]} $release in $((SECONDS - start)) s"
}

build_newest() {
    if [[ -n $assets ]]; then
        say "using $assets instead of building $newest"
        local name
        for name in etcd kube-apiserver kubectl; do
            [[ -x $assets/$name ]] || { say "no $name in KUBEBUILDER_ASSETS=$assets"; exit 1; }
        done
    else
        build "$newest" "$here" etcd kube-apiserver kubectl
    fi
    if [[ $controllers == yes ]]; then build "$newest" "$here" kube-controller-manager; fi
    if [[ $node == yes ]]; then build "$newest" "$here" kubelet kube-scheduler kube-proxy pause; fi
}

build_oldest() {
    build "$oldest" "$here/oldest" kube-apiserver
    # The store and the client of the newest release serve the oldest as well.
    local name
    for name in etcd kubectl; do
        ln -sfn "${assets:-../$newest}/$name" "$out/$oldest/$name"
    done
}

# Helm is a tool of a module of its own: its dependencies are not those of Kubernetes.
build_helm() {
    local dir=$out/helm sum
    sum=$({ go version; cat "$here/helm/go.mod" "$here/helm/go.sum" "$here/build.sh"; } | cksum)
    if [[ -x $dir/helm && $(cat "$dir/.helm.built" 2>/dev/null) == "$sum" ]]; then
        say "helm is up to date"
        return
    fi
    say "building helm (a minute the first time)"
    local start=$SECONDS
    mkdir -p "$dir"
    (cd "$here/helm" && GOWORK=off go build -trimpath -mod=readonly -buildvcs=false -ldflags '-s -w' -o "$dir/.new" helm.sh/helm/v3/cmd/helm)
    mv -f "$dir/.new" "$dir/helm"
    echo "$sum" >"$dir/.helm.built"
    say "built helm in $((SECONDS - start)) s"
}

which=newest
controllers=no
node=no
for argument in "$@"; do
    case $argument in
        newest | oldest | all | helm) which=$argument ;;
        --controllers) controllers=yes ;;
        --node) node=yes ;;
        *) sed -n '2,7s/^# //p' "$0" >&2; exit 2 ;;
    esac
done
if [[ $which != helm ]]; then build_newest; fi
if [[ $which == oldest || $which == all ]]; then build_oldest; fi
if [[ $which == helm || $which == all || $node == yes ]]; then build_helm; fi
