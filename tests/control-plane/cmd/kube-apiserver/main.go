// Command kube-apiserver is the unmodified Kubernetes API server, built from its published module.
package main

import (
	"os"
	_ "time/tzdata" // CronJob time zones are checked at admission, and test machines may lack a zone database

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}
