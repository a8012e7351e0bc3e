package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// measureBuild builds the shop with an empty cache, and names the modules whose
// packages took the compiler longest.
func measureBuild(ctx context.Context, _ options, t *table) error {
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears it otherwise
	graph, binary := filepath.Join(dir, "graph.json"), filepath.Join(dir, "shop")
	env := []string{"GOCACHE=" + filepath.Join(dir, "cache")}
	start := time.Now()
	if err := command(ctx, env, "go", "build", "-o", binary, "-debug-actiongraph="+graph, "./examples/shop"); err != nil {
		return err
	}
	t.duration("cold build of the shop, standard library included", time.Since(start))
	if err := t.fileSize("size of the binary", binary); err != nil {
		return err
	}
	took, packages, err := buildTimes(ctx, graph)
	if err != nil {
		return err
	}
	t.note("Compiling, by module and number of packages (the time of each, several at once):")
	const shown = 12
	heaviest := slices.SortedFunc(maps.Keys(took), func(a, b string) int { return cmp.Compare(took[b], took[a]) })
	for _, m := range heaviest[:min(shown, len(heaviest))] {
		t.row(fmt.Sprintf("  %s (%d)", m, packages[m]), readable(took[m]))
	}
	return nil
}

func (t *table) fileSize(name, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	t.row(name, fmt.Sprintf("%.1f MB", float64(info.Size())/1e6))
	return nil
}

// An action is what the go command did for one package.
type action struct {
	Mode, Package       string
	TimeStart, TimeDone time.Time
}

const standardLibrary, linking = "standard library", "linking"

func buildTimes(ctx context.Context, graph string) (took map[string]time.Duration, packages map[string]int, err error) {
	b, err := os.ReadFile(graph)
	if err != nil {
		return nil, nil, err
	}
	var actions []action
	if err := json.Unmarshal(b, &actions); err != nil {
		return nil, nil, fmt.Errorf("read the action graph: %w", err)
	}
	modules, err := modulesOf(ctx)
	if err != nil {
		return nil, nil, err
	}
	took, packages = map[string]time.Duration{}, map[string]int{}
	for _, a := range actions {
		name := modules[a.Package]
		switch {
		case a.Mode == "link":
			name = linking
		case a.Mode != "build" || a.TimeDone.IsZero():
			continue
		}
		name = cmp.Or(name, standardLibrary)
		took[name] += a.TimeDone.Sub(a.TimeStart)
		packages[name]++
	}
	return took, packages, nil
}

// modulesOf returns the module of every package that the shop is made of.
func modulesOf(ctx context.Context) (map[string]string, error) {
	c := exec.CommandContext(ctx, "go", "list", "-deps", "-f", "{{if .Module}}{{.ImportPath}} {{.Module.Path}}{{end}}", "./examples/shop")
	c.Dir = ".."
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("list the shop's packages: %w", err)
	}
	modules := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if pkg, module, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			modules[pkg] = module
		}
	}
	return modules, nil
}
