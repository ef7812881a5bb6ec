// Validates a SARIF log on standard input against the official schema, and prints each violation.
// Usage: go run . SCHEMA.go, the file of github.com/owenrumney/go-sarif/v3 that holds the schema as a string.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // keeps the module among the requirements
	"github.com/xeipuuv/gojsonschema"
)

func validate(file string, log io.Reader) (*gojsonschema.Result, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(string(source), "`")
	if len(parts) != 3 {
		return nil, fmt.Errorf("%s does not hold one string", file)
	}
	bytes, err := io.ReadAll(log)
	if err != nil {
		return nil, err
	}
	return gojsonschema.Validate(gojsonschema.NewStringLoader(parts[1]), gojsonschema.NewBytesLoader(bytes))
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . SCHEMA.go < LOG")
		os.Exit(2)
	}
	result, err := validate(os.Args[1], os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, violation := range result.Errors() {
		fmt.Println(violation)
	}
	if !result.Valid() {
		os.Exit(1)
	}
}
