// The CRDs of PolicyReport as clusters have them: Kyverno's module carries them in config/crds/policyreport.
module ako-gate/tests/policyreport

go 1.26.0

require github.com/kyverno/kyverno v1.13.4
