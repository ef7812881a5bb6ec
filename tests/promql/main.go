// Reads PromQL expressions, one a line, and prints what each reads: its metrics with the labels they are selected by,
// then the labels of every grouping.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

type read struct {
	Metrics map[string][]string `json:"metrics"`
	Grouped []string            `json:"grouped"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		expression, err := parser.ParseExpr(lines.Text())
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", lines.Text(), err)
			os.Exit(1)
		}
		found := read{Metrics: map[string][]string{}, Grouped: []string{}}
		parser.Inspect(expression, func(node parser.Node, _ []parser.Node) error {
			switch node := node.(type) {
			case *parser.VectorSelector:
				keys := found.Metrics[node.Name]
				for _, matcher := range node.LabelMatchers {
					if matcher.Name != labels.MetricName {
						keys = append(keys, matcher.Name)
					}
				}
				found.Metrics[node.Name] = keys
			case *parser.AggregateExpr:
				found.Grouped = append(found.Grouped, node.Grouping...)
			}
			return nil
		})
		line, err := json.Marshal(found)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(line))
	}
}
