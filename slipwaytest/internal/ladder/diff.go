package ladder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// change is how one object differs between two snapshots of a schema.
type change struct {
	object        // as it is now, or was if it is gone
	was    object // zero if it is new
	gone   bool
}

func (c change) isNew() bool     { return c.was.Kind == "" && !c.gone }
func (c change) isChanged() bool { return !c.isNew() && !c.gone }

// diff lists what is new, gone and changed from before to after. What comes or goes
// with something else in the list is left out.
func diff(before, after snapshot) []change {
	var all []change
	for key, o := range after {
		was, known := before[key]
		if !known || was.Definition != o.Definition {
			all = append(all, change{object: o, was: was})
		}
	}
	for key, o := range before {
		if _, known := after[key]; !known {
			all = append(all, change{object: o, was: o, gone: true})
		}
	}
	all = withoutDependents(all)
	slices.SortFunc(all, func(a, b change) int { return cmp.Compare(a.key(), b.key()) })
	return all
}

func withoutDependents(all []change) []change {
	moved := map[string]bool{}
	for _, c := range all {
		moved[c.key()] = !c.isChanged()
	}
	return slices.DeleteFunc(all, func(c change) bool {
		return slices.ContainsFunc(c.Parents, func(parent string) bool { return moved[parent] })
	})
}

// afterDown judges what a Down did not take back.
func afterDown(file string, changes []change) []Finding {
	var all []Finding
	for _, c := range changes {
		f := Finding{File: file, Object: c.key()}
		switch {
		case c.isNew():
			f.Problem, f.Remedy = "is left behind by the Down", fmt.Sprintf("add %s; to the Down of %s", c.Removal, file)
		case c.gone:
			f.Problem = "was there before the Up and is gone after the Down"
			f.Remedy = fmt.Sprintf("let the Down of %s make it again, as it was: %s", file, clip(c.was.Definition))
		default:
			f.Problem = fmt.Sprintf("is not what it was before the Up: it is %s, it was %s", clip(c.Definition), clip(c.was.Definition))
			f.Remedy = fmt.Sprintf("let the Down of %s change it back", file)
		}
		all = append(all, f)
	}
	return all
}

// afterSecondUp judges what comes out of an Up after a Down.
func afterSecondUp(file string, changes []change) []Finding {
	var all []Finding
	for _, c := range changes {
		f := Finding{File: file, Object: c.key(), Remedy: "let the Up make the same whenever it runs, and the Down take all of it back"}
		switch {
		case c.isNew():
			f.Problem = "is there after the second Up, but not after the first"
		case c.gone:
			f.Problem = "is there after the first Up, but not after the second"
		default:
			f.Problem = fmt.Sprintf("differs after the second Up: it is %s, it was %s", clip(c.Definition), clip(c.was.Definition))
		}
		all = append(all, f)
	}
	return all
}

// clip shortens a definition and says where there is nothing to it.
func clip(definition string) string {
	const longest = 200
	definition = cmp.Or(normalise(definition), "plain")
	if len(definition) > longest {
		definition = strings.ToValidUTF8(definition[:longest], "") + " …"
	}
	return definition
}
