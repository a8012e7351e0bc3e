package slipway

import (
	"fmt"
	"net/http"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/internal/debugpage"
	"github.com/slipway-go/slipway/problem"
)

// Profiles are made by runtime/pprof: net/http/pprof would put itself on the mux that every
// package of a program can reach.

const (
	maxProfile     = time.Minute
	profileSeconds = 30 // by default, as go tool pprof expects
	traceSeconds   = 1
	waitSeconds    = 5
	profileTimeout = maxProfile + 15*time.Second
)

// turns lets each kind of inspection that costs the whole process something run once at a
// time.
type turns struct {
	mu    sync.Mutex
	taken map[string]bool
}

// take returns what gives the turn back, or a problem.
func (t *turns) take(name string) (release func(), err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken[name] {
		return nil, busy(name)
	}
	if t.taken == nil {
		t.taken = map[string]bool{}
	}
	t.taken[name] = true
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.taken, name)
	}, nil
}

func busy(name string) *problem.Error {
	return problem.Conflict("%s is being taken by somebody else, and the process does it once at a time; try again later", name).WithCode("inspection_running")
}

// seconds reads the parameter of this name.
func seconds(r *http.Request, otherwise int) (time.Duration, error) {
	given := r.URL.Query().Get("seconds")
	if given == "" {
		return time.Duration(otherwise) * time.Second, nil
	}
	n, err := strconv.Atoi(given)
	if most := int(maxProfile / time.Second); err != nil || n < 1 || n > most {
		return 0, problem.BadRequest("seconds is %.20q; expected a whole number from 1 to %d", given, most)
	}
	return time.Duration(n) * time.Second, nil
}

// pause waits, but not for a client that has gone or while the process stops: what was
// gathered by then is the answer.
func (a *App) pause(r *http.Request, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-a.stopping:
	}
}

// attach names the file that an answer is kept in. Bytes are never read as a page.
func (a *App) attach(w http.ResponseWriter, file string) {
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s-%s"`, fileName(a.settings.process.name()), time.Now().UTC().Format("20060102T150405Z"), file))
}

// fileName has of a name what every system takes.
func fileName(name string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '-' {
			return c
		}
		return '_'
	}, name)
}

// detach takes back what attach said, for an error.
func detach(w http.ResponseWriter) {
	w.Header().Del("Content-Type")
	w.Header().Del("Content-Disposition")
}

// problemHandler is a handler whose error is the answer.
type problemHandler func(w http.ResponseWriter, r *http.Request) error

func (h problemHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := h(w, r); err != nil {
		detach(w)
		api.Fail(w, r, err)
	}
}

// cpuProfile tells where the processors' time goes.
func (a *App) cpuProfile() http.Handler {
	return problemHandler(func(w http.ResponseWriter, r *http.Request) error {
		d, err := seconds(r, profileSeconds)
		if err != nil {
			return err
		}
		a.attach(w, "cpu.pb.gz")
		if err := pprof.StartCPUProfile(w); err != nil {
			return busy("a CPU profile").Wrap(err)
		}
		defer pprof.StopCPUProfile()
		a.pause(r, d)
		return nil
	})
}

// executionTrace tells what each goroutine waits for.
func (a *App) executionTrace() http.Handler {
	return problemHandler(func(w http.ResponseWriter, r *http.Request) error {
		d, err := seconds(r, traceSeconds)
		if err != nil {
			return err
		}
		a.attach(w, "exec.trace")
		if err := trace.Start(w); err != nil {
			return busy("an execution trace").Wrap(err)
		}
		defer trace.Stop()
		a.pause(r, d)
		return nil
	})
}

// samples are the profiles for which the runtime has to be told to look. Each begins, and
// returns what ends it.
var samples = map[string]func() (end func()){"block": sampleBlocks, "mutex": sampleMutexes}

// sampleBlocks ends with the rate 0, since the runtime does not tell what it was.
func sampleBlocks() (end func()) {
	runtime.SetBlockProfileRate(10_000) // ns: a sample for each 10µs
	return func() { runtime.SetBlockProfileRate(0) }
}

func sampleMutexes() (end func()) {
	before := runtime.SetMutexProfileFraction(10) // one event of ten
	return func() { runtime.SetMutexProfileFraction(before) }
}

// profile is any other of the runtime's profiles: heap, goroutine, mutex.
func (a *App) profile() http.Handler {
	return problemHandler(func(w http.ResponseWriter, r *http.Request) error {
		name := r.PathValue("profile")
		p := pprof.Lookup(name)
		if p == nil {
			return problem.NotFound("there is no profile %.40q; there are %s", name, strings.Join(append(profileNames(), "profile", "trace"), ", "))
		}
		debug, err := debugLevel(r)
		if err != nil {
			return err
		}
		release, err := a.turns.take("the profile " + name)
		if err != nil {
			return err
		}
		defer release()
		if err := a.gather(r, name); err != nil {
			return err
		}
		if debug > 0 {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		} else {
			a.attach(w, name+".pb.gz")
		}
		return p.WriteTo(w, debug)
	})
}

// gather has the runtime look, where it does not always.
func (a *App) gather(r *http.Request, name string) error {
	if name == "heap" && r.URL.Query().Get("gc") == "1" {
		runtime.GC()
	}
	sample := samples[name]
	if sample == nil {
		return nil
	}
	d, err := seconds(r, waitSeconds)
	if err != nil {
		return err
	}
	defer sample()()
	a.pause(r, d)
	return nil
}

func debugLevel(r *http.Request) (int, error) {
	switch given := r.URL.Query().Get("debug"); given {
	case "":
		return 0, nil
	case "0", "1", "2":
		return int(given[0] - '0'), nil
	default:
		return 0, problem.BadRequest("debug is %.20q; expected 0 for go tool pprof, or 1 or 2 for text", given)
	}
}

// goroutines writes the stack of every one.
func (a *App) goroutines() http.Handler {
	return problemHandler(func(w http.ResponseWriter, _ *http.Request) error {
		release, err := a.turns.take("a dump of all goroutines")
		if err != nil {
			return err
		}
		defer release()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		return pprof.Lookup("goroutine").WriteTo(w, 2)
	})
}

func profileNames() []string {
	var names []string
	for _, p := range pprof.Profiles() {
		names = append(names, p.Name())
	}
	slices.Sort(names)
	return names
}

// profileDocs says what the runtime's own profiles are of.
var profileDocs = map[string]string{
	"allocs": "All memory that was allocated since the start", "block": "Where goroutines wait; it looks for 5 seconds (?seconds=)",
	"goroutine": "What every goroutine does (?debug=2 for text)", "heap": "The memory that is in use (?gc=1 collects garbage first)",
	"mutex": "Who holds locks that others wait for; it looks for 5 seconds (?seconds=)", "threadcreate": "What made threads",
}

// debugProfiles lists the profiles.
func (a *App) debugProfiles() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := debugpage.Section{Title: "Profiles", Header: []string{"Ask", "For", "Entries"}, Rows: [][]debugpage.Cell{
			{{Text: "/debug/pprof/profile?seconds=30", Code: true}, {Text: "Where the processors' time goes in the next seconds, 60 at most"}, {}},
			{{Text: "/debug/pprof/trace?seconds=1", Code: true}, {Text: "What every goroutine does in the next seconds, for go tool trace"}, {}},
		}}
		for _, p := range pprof.Profiles() {
			s.Rows = append(s.Rows, []debugpage.Cell{
				{Text: "/debug/pprof/" + p.Name(), Code: true}, {Text: profileDocs[p.Name()]}, {Text: strconv.Itoa(p.Count())},
			})
		}
		servePage(w, r, debugpage.Page{
			Title: "Profiles", Up: "/debug/", Sections: []debugpage.Section{s},
			About: "Each is a file for go tool pprof, as in: go tool pprof -http=: http://" + reachable(a.settings.process.Addr) + "/debug/pprof/heap. Each kind is taken once at a time.",
		})
	})
}
