package floors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"strings"
)

// driver is what no contract may pull in: whoever calls a module over the network needs no database.
const driver = "github.com/jackc/pgx"

// graph maps an import path to those that it imports.
type graph map[string][]string

// DriverViolations reports every contract from which a chain of imports leads to the database driver. The way may lead
// through other people's packages, so it asks the go command.
func (h *House) DriverViolations(ctx context.Context) ([]Violation, error) {
	contracts := h.contracts()
	if len(contracts) == 0 {
		return nil, nil
	}
	imports, err := h.list(ctx, contracts)
	if err != nil {
		return nil, err
	}
	var found []Violation
	for _, contract := range contracts {
		if chain := imports.chain(h.module + "/" + contract); chain != nil {
			found = append(found, h.pullsDriver(contract, chain))
		}
	}
	return found, nil
}

func (h *House) contracts() []string {
	var found []string
	for _, folder := range slices.Sorted(maps.Keys(h.folders)) {
		if isProduct(folder) && isContract(folder) {
			found = append(found, folder)
		}
	}
	return found
}

// list asks for all that the contracts import, directly or not.
func (h *House) list(ctx context.Context, contracts []string) (graph, error) {
	args := []string{"list", "-e", "-deps", "-json=ImportPath,Imports"}
	for _, contract := range contracts {
		args = append(args, "./"+contract)
	}
	var complaint bytes.Buffer
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir, command.Stderr = h.dir, &complaint
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("list what the contracts import: %w: %s", err, complaint.String())
	}
	return decode(out)
}

func decode(out []byte) (graph, error) {
	imports := graph{}
	for packages := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := packages.Decode(&p)
		if errors.Is(err, io.EOF) {
			return imports, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the list of imports: %w", err)
		}
		imports[p.ImportPath] = p.Imports
	}
}

// chain returns the shortest way from a package to the driver, both included, or nil.
func (g graph) chain(from string) []string {
	cameFrom := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == driver || strings.HasPrefix(at, driver+"/") {
			return walkBack(cameFrom, at)
		}
		for _, next := range g[at] {
			if _, seen := cameFrom[next]; !seen {
				cameFrom[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func walkBack(cameFrom map[string]string, to string) []string {
	var way []string
	for at := to; at != ""; at = cameFrom[at] {
		way = append(way, at)
	}
	slices.Reverse(way)
	return way
}

// pullsDriver points at the contract's own import with which the chain begins.
func (h *House) pullsDriver(contract string, chain []string) Violation {
	v := Violation{
		File:   contract,
		Reason: fmt.Sprintf("%s (floor %d) pulls in the database driver: %s", contract, contractFloor, h.readable(chain)),
		Remedy: "A contract holds types and routes only: move what touches the database into the implementation, or cut the chain.",
	}
	for _, i := range h.imports {
		if i.folder() == contract && i.path == chain[1] {
			v.File, v.Line = i.file, i.line
		}
	}
	return v
}

func (h *House) readable(chain []string) string {
	names := make([]string, len(chain))
	for n, importPath := range chain {
		names[n] = strings.TrimPrefix(importPath, h.module+"/")
	}
	return strings.Join(names, " → ")
}
