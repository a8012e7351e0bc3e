package slipway_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// refusals is how many the page docs/security.md promises.
const refusals = 40

var (
	refusalRow   = regexp.MustCompile(`(?m)^\| (\d+) \| .+ \| (.+) \|$`)
	testLink     = regexp.MustCompile("\\[`(Test\\w+)`\\]\\(([^)]+)\\)")
	refusalsOfIt = regexp.MustCompile(`^TestRefusals?(\d+)(?:(To|And)(\d+))?_`)
)

// The page names a test for each refusal. It must be there, and bear the number.
func TestSecurityPage_NamesATestForEachRefusal(t *testing.T) {
	t.Parallel()
	const page = "docs/security.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, row := range refusalRow.FindAllStringSubmatch(string(text), -1) {
		numbers = append(numbers, row[1])
		links := testLink.FindAllStringSubmatch(row[2], -1)
		if len(links) == 0 {
			t.Errorf("%s: refusal %s names no test; write [`TestRefusal%s_…`](../file_test.go)", page, row[1], row[1])
		}
		for _, link := range links {
			if err := isTestOf(link[1], filepath.Join("docs", link[2]), row[1]); err != nil {
				t.Errorf("%s: refusal %s: %v", page, row[1], err)
			}
		}
	}
	var want []string
	for n := range refusals {
		want = append(want, strconv.Itoa(n+1))
	}
	if !slices.Equal(numbers, want) {
		t.Errorf("%s has rows for %v, want one for each of %v", page, numbers, want)
	}
}

// isTestOf reports what is wrong with the claim that the test proves the refusal.
func isTestOf(name, file, number string) error {
	span := refusalsOfIt.FindStringSubmatch(name)
	if span == nil || !within(number, span[1], span[2], span[3]) {
		return fmt.Errorf("the name %s does not say that it proves this number; call it TestRefusal%s_…", name, number)
	}
	return isThere(name, file)
}

// isThere reports that there is no such test in the file.
func isThere(name, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	there := slices.ContainsFunc(parsed.Decls, func(d ast.Decl) bool {
		f, ok := d.(*ast.FuncDecl)
		return ok && f.Recv == nil && f.Name.Name == name
	})
	if !there || !strings.HasSuffix(file, "_test.go") {
		return fmt.Errorf("there is no test %s in %s; name the one that proves it now", name, file)
	}
	return nil
}

// within tells whether a test of the first, the last, and for To what is between, is one
// of the number.
func within(number, first, between, last string) bool {
	if between != "To" {
		return number == first || number == last
	}
	n, _ := strconv.Atoi(number) // the pattern admits digits alone
	from, _ := strconv.Atoi(first)
	to, _ := strconv.Atoi(last)
	return from <= n && n <= to
}

// Whatever test the page names, it is there.
func TestSecurityPage_NamesTestsThatAreThere(t *testing.T) {
	t.Parallel()
	const page = "docs/security.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range testLink.FindAllStringSubmatch(string(text), -1) {
		if err := isThere(link[1], filepath.Join("docs", link[2])); err != nil {
			t.Errorf("%s: %v", page, err)
		}
	}
}

func TestSecurityPage_FindsTestsThatAreNotThere(t *testing.T) {
	t.Parallel()
	const here = "security_test.go"
	for _, c := range []struct{ name, file, number, want string }{
		{"TestRefusal99_Gone", here, "99", "there is no test TestRefusal99_Gone"},
		{"TestRefusal40_IdentityByHeader", "cookies_test.go", "4", "does not say that it proves this number"},
		{"TestRefusals1To20_OnEveryRoute", "examples/shop/refusals_test.go", "21", "does not say that it proves this number"},
		{"TestRefusals20And33_OnEveryRoute", "examples/shop/refusals_test.go", "21", "does not say that it proves this number"},
		{"TestRefusal40_IdentityByHeader", "nowhere_test.go", "40", "no such file"},
	} {
		if err := isTestOf(c.name, c.file, c.number); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("isTestOf(%s, %s, %s) = %v, want %q", c.name, c.file, c.number, err, c.want)
		}
	}
}
