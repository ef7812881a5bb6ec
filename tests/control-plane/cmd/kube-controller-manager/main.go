// Command kube-controller-manager is the unmodified controller manager, built only for tests that need controllers.
package main

import (
	"os"
	_ "time/tzdata" // CronJob time zones, as in the API server

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func main() {
	os.Exit(cli.Run(app.NewControllerManagerCommand()))
}
