#!/usr/bin/env bash
# Makes a throw-away CA and a certificate that it issued to the webhook, for local runs and tests. Nobody else must
# ever trust them: the CA's key lies beside them.
# Usage: certs/dev.sh [FOLDER]   (default: the folder of this script, where git ignores them)
#   writes ca.crt, ca.key, tls.crt, tls.key; what is there is replaced
set -euo pipefail
folder=${1:-$(dirname "${BASH_SOURCE[0]}")}
mkdir -p "$folder"
cd "$folder"
umask 077

days=30
service=ako-gate.ako-gate-system
names=DNS:$service.svc,DNS:$service,DNS:$service.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:::1

# key NAME makes a private key; the curve is one that every API server knows.
key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

key ca.key
openssl req -x509 -new -key ca.key -out ca.crt -days $days -subj '/CN=ako-gate development CA' \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign

key tls.key
openssl req -x509 -new -key tls.key -CA ca.crt -CAkey ca.key -out tls.crt -days $days -subj "/CN=$service.svc" \
    -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
    -addext extendedKeyUsage=serverAuth -addext "subjectAltName=$names"

echo "$PWD: ca.crt tls.crt tls.key, good for $days days" >&2
