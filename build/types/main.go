// Command types checks the whole program for systems that it can't be built for here,
// because their C headers are missing: every Go file of it and of all that it imports is
// read and type-checked as the compiler would, and what stands behind import "C" is
// taken on trust.
//
//	types [-tags LIST] OS/ARCH…
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is what `go list -json` says of a package (go help list).
type listed struct {
	ImportPath, Dir   string
	GoFiles, CgoFiles []string
	ImportMap         map[string]string
	Module            *struct{ Main bool }
	Error             *struct{ Err string }
}

func main() {
	tags := flag.String("tags", "", "build tags")
	flag.Parse()
	bad := flag.NArg() == 0
	for _, system := range flag.Args() {
		ours, err := check(system, *tags)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", system, err)
			bad = true
			continue
		}
		fmt.Printf("%s: %d packages of ours, and all that they import\n", system, ours)
	}
	if bad {
		os.Exit(1)
	}
}

func check(system, tags string) (ours int, err error) {
	goos, goarch, ok := strings.Cut(system, "/")
	if !ok {
		return 0, errors.New("no OS/ARCH")
	}
	list := exec.Command("go", "list", "-e", "-deps", "-json=ImportPath,Dir,GoFiles,CgoFiles,ImportMap,Module,Error", "-tags", tags, "./...")
	list.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=1")
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := list.Start(); err != nil {
		return 0, err
	}
	done := map[string]*types.Package{"unsafe": types.Unsafe}
	var wrong []error
	for d := json.NewDecoder(out); ; { // what is imported comes before what imports it
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return 0, err
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		own := p.Module != nil && p.Module.Main
		if p.Error != nil && own && len(p.GoFiles)+len(p.CgoFiles) > 0 {
			wrong = append(wrong, errors.New(p.Error.Err))
		}
		pkg, failed := one(p, own, goarch, done)
		done[p.ImportPath] = pkg
		if own {
			ours++
			wrong = append(wrong, failed...)
		}
	}
	if err := list.Wait(); err != nil {
		return 0, err
	}
	return ours, errors.Join(wrong...)
}

// one checks a package. Of those that are not ours the bodies of functions are left out.
func one(p listed, own bool, goarch string, done map[string]*types.Package) (*types.Package, []error) {
	var wrong []error
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		f, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		files = append(files, f)
	}
	config := types.Config{
		FakeImportC: true, IgnoreFuncBodies: !own, Sizes: types.SizesFor("gc", goarch),
		Importer: importer(func(path string) (*types.Package, error) {
			if mapped, ok := p.ImportMap[path]; ok {
				path = mapped
			}
			if pkg := done[path]; pkg != nil {
				return pkg, nil
			}
			return nil, fmt.Errorf("%s is not there", path)
		}),
		Error: func(err error) { wrong = append(wrong, err) },
	}
	pkg, _ := config.Check(p.ImportPath, set, files, nil)
	return pkg, wrong
}

type importer func(path string) (*types.Package, error)

func (f importer) Import(path string) (*types.Package, error) { return f(path) }
