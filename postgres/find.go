package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// leastMajor is the oldest PostgreSQL that will do.
const leastMajor = 15

// findBinaries returns the folder of PostgreSQL's programs: installed ones, else
// those of the npm package. Data that is there already needs its own version.
func findBinaries(ctx context.Context, data string, log io.Writer) (string, error) {
	need, err := needFor(data)
	if err != nil {
		return "", err
	}
	folder, refused := findInstalled(ctx, need)
	if folder != "" || ctx.Err() != nil {
		return folder, context.Cause(ctx)
	}
	if npmMajor := numberIn(npmVersion); !need.takes(npmMajor) {
		return "", errors.Join(fmt.Errorf("no PostgreSQL %s was found. %s", need, advice()), refused)
	}
	folder, err = npmBinaries(ctx, log)
	if err == nil {
		return folder, nil
	}
	return "", errors.Join(fmt.Errorf("no PostgreSQL %s was found. %s", need, advice()),
		refused, fmt.Errorf("npm was no help: %w", err))
}

// need is the one version that can read the data, or the zero value.
type need struct {
	major int
	data  string
}

// needFor looks into the data. Root alone sees that of another account.
func needFor(data string) (need, error) {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return need{}, nil
	}
	if err != nil {
		return need{}, err
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return need{}, fmt.Errorf("the version of the data in %s is %q; expected a number", data, b)
	}
	return need{major, data}, nil
}

func (n need) takes(major int) bool {
	return major >= leastMajor && (n.major == 0 || major == n.major)
}

func (n need) String() string {
	if n.major == 0 {
		return fmt.Sprintf("%d or newer", leastMajor)
	}
	return fmt.Sprintf("%d, which wrote %s (without that folder any version from %d on will do),", n.major, n.data, leastMajor)
}

func findInstalled(ctx context.Context, need need) (string, error) {
	as, err := serverAccount("")
	if err != nil {
		return "", err
	}
	var refused []error
	for _, folder := range candidates() {
		err := usable(ctx, folder, need, as)
		if err == nil {
			return folder, nil
		}
		refused = append(refused, err)
	}
	return "", errors.Join(refused...)
}

// candidates are folders that have both programs, the likeliest first.
func candidates() []string {
	var found []string
	if inPath, err := exec.LookPath("postgres"); err == nil {
		// Distributions link the program alone into the path.
		if program, err := filepath.EvalSymlinks(inPath); err == nil {
			found = append(found, filepath.Dir(program))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are well formed
		slices.SortFunc(matches, func(a, b string) int { return numberIn(b) - numberIn(a) })
		found = append(found, matches...)
	}
	return slices.DeleteFunc(found, func(folder string) bool {
		return !isProgram(filepath.Join(folder, "postgres")) || !isProgram(filepath.Join(folder, "initdb"))
	})
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// numberIn returns the version that a folder's name tells.
func numberIn(folder string) int {
	n, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(folder)) // none is 0
	return n
}

func usable(ctx context.Context, folder string, need need, as *account) error {
	major, err := majorVersion(ctx, folder)
	switch {
	case err != nil:
		return err
	case !need.takes(major):
		return fmt.Errorf("%s has PostgreSQL %d", folder, major)
	case !as.reaches(folder):
		return fmt.Errorf("%s cannot be reached by the account that would run the server, since root may not", folder)
	}
	return nil
}

// majorVersion asks the program: "postgres (PostgreSQL) 15.14 (Debian …)".
func majorVersion(ctx context.Context, folder string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	program := filepath.Join(folder, "postgres")
	out, err := exec.CommandContext(ctx, program, "--version").Output() //nolint:gosec // found by us
	if err != nil {
		return 0, fmt.Errorf("%s --version: %w", program, err)
	}
	_, version, _ := strings.Cut(string(out), "(PostgreSQL) ")
	major, err := strconv.Atoi(regexp.MustCompile(`^\d+`).FindString(version))
	if err != nil {
		return 0, fmt.Errorf("%s --version said %q; expected a version", program, out)
	}
	return major, nil
}

// advice is the line to type.
func advice() string {
	if runtime.GOOS == "darwin" {
		return "Install one: brew install postgresql@17"
	}
	if _, err := exec.LookPath("apt-get"); err == nil {
		return "Install one: sudo apt-get install postgresql"
	}
	return fmt.Sprintf("Install PostgreSQL with your system's packages (sudo apt-get install postgresql, brew install postgresql@17, …), or npm: %s/%s is known",
		runtime.GOOS, runtime.GOARCH)
}
