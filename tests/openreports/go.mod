// The CRDs of OpenReports, as their own module carries them in config/crd.
module ako-gate/tests/openreports

go 1.26.0

require github.com/openreports/reports-api v0.2.1
