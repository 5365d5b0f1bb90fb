// Command provenance writes on stdout how the named files were made: an in-toto
// statement with a SLSA 1.0 provenance, as JSON. It is not signed; who publishes
// the files signs it with a key of theirs.
//
//	provenance -commit COMMIT -version VERSION FILE…
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

type digest map[string]string

type resource struct {
	Name   string `json:"name,omitempty"`
	URI    string `json:"uri,omitempty"`
	Digest digest `json:"digest"`
}

func main() {
	commit := flag.String("commit", "", "the commit that was built")
	version := flag.String("version", "", "the version that it says it is")
	flag.Parse()
	statement, err := provenance(*commit, *version, flag.Args())
	if err == nil {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		err = e.Encode(statement)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "provenance:", err)
		os.Exit(1)
	}
}

func provenance(commit, version string, files []string) (any, error) {
	var subjects []resource
	for _, name := range files {
		sum, err := sha256Of(name)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, resource{Name: filepath.Base(name), Digest: sum})
	}
	// What a build is made of beside the commit: both lists of checksums are in it.
	materials := []resource{{URI: "git+https://munpae.example/munpae", Digest: digest{"gitCommit": commit}}}
	for _, name := range []string{"go.sum", "frontend/package-lock.json", "build/tools.sum"} {
		sum, err := sha256Of(name)
		if err != nil {
			return nil, err
		}
		materials = append(materials, resource{Name: name, Digest: sum})
	}
	return map[string]any{
		"_type":         "https://in-toto.io/Statement/v1",
		"subject":       subjects,
		"predicateType": "https://slsa.dev/provenance/v1",
		"predicate": map[string]any{
			"buildDefinition": map[string]any{
				"buildType":            "https://munpae.example/build/package.sh/v1",
				"externalParameters":   map[string]any{"version": version, "target": runtime.GOOS + "/" + runtime.GOARCH},
				"internalParameters":   map[string]any{"go": strings.TrimPrefix(runtime.Version(), "go")},
				"resolvedDependencies": materials,
			},
			"runDetails": map[string]any{
				"builder": map[string]any{"id": "https://munpae.example/build/package.sh"},
			},
		},
	}, nil
}

func sha256Of(name string) (digest, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	return digest{"sha256": hex.EncodeToString(sum[:])}, nil
}
