package floors

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Violation is an import that must go, and what to do instead.
type Violation struct {
	File   string // or a folder, when Line is 0
	Line   int
	Reason string
	Remedy string
}

func (v Violation) String() string {
	place := v.File
	if v.Line > 0 {
		place = fmt.Sprintf("%s:%d", v.File, v.Line)
	}
	return fmt.Sprintf("%s: %s\n\t%s", place, v.Reason, v.Remedy)
}

// Violations reports every import that breaks a rule, in the order of files and lines.
func (h *House) Violations() []Violation {
	found := h.homeless()
	for _, i := range h.imports {
		if reason, remedy := h.judge(i); reason != "" {
			found = append(found, Violation{i.file, i.line, reason, remedy})
		}
	}
	slices.SortFunc(found, byPlace)
	return found
}

func byPlace(a, b Violation) int {
	return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}

// homeless reports the folders that no entry of the table covers.
func (h *House) homeless() []Violation {
	var found []Violation
	for folder := range maps.Keys(h.folders) {
		if stand(folder, h.folders).floor == unknownFloor {
			found = append(found, Violation{
				folder, 0,
				fmt.Sprintf("the package %s stands on no floor", folder),
				"Give its folder a floor in internal/floors/table.go, above all that it imports and below all that import it.",
			})
		}
	}
	return found
}

// judge returns what is wrong with an import and the remedy, or nothing.
func (h *House) judge(i imported) (reason, remedy string) {
	from := stand(i.folder(), h.folders)
	target, ok := h.inside(i.path)
	if !ok {
		return judgeForeign(i, from)
	}
	to := stand(target, h.folders)
	switch {
	case from.floor == unknownFloor || to.floor == unknownFloor:
		return "", "" // reported as homeless
	case isTestHelper(target) && !i.inTest && !isTestHelper(i.folder()):
		return fmt.Sprintf("%s ships, but imports the test helper %s", describe(i.folder(), from), target),
			"Use it in a _test.go file, or move the part that ships into a package of its own."
	case from.home == to.home, to.floor < from.floor, from.floor == contractFloor && to.floor == contractFloor:
		return "", ""
	case from.floor == moduleFloor && to.floor == moduleFloor:
		return fmt.Sprintf("%s imports %s, the implementation of another module", describe(i.folder(), from), describe(target, to)),
			"Import its contract instead: " + contractOf(to.home) + "."
	}
	return fmt.Sprintf("%s imports %s, which is not below it", describe(i.folder(), from), describe(target, to)),
		upward(from, to)
}

// judgeForeign looks at an import from outside the module.
func judgeForeign(i imported, from place) (reason, remedy string) {
	first, _, _ := strings.Cut(i.path, "/")
	if from.floor != 0 || !strings.Contains(first, ".") {
		return "", ""
	}
	return fmt.Sprintf("%s imports %s, but floor 0 takes the standard library only", describe(i.folder(), from), i.path),
		"Write the few lines yourself, or move the package up to the floor of those who need it."
}

func upward(from, to place) string {
	if isContract(from.home) && to.home == path.Dir(from.home) {
		return "Move what both need into the contract: the implementation imports it, never the reverse."
	}
	return fmt.Sprintf("Move what is needed down to a floor below %d, or declare a small interface here and let the caller pass it in.",
		from.floor)
}

func describe(folder string, at place) string {
	if folder == root {
		folder = "the root package"
	}
	return fmt.Sprintf("%s (floor %d)", folder, at.floor)
}
