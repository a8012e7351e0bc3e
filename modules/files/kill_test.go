package files

import (
	"bytes"
	"context"
	"fmt"
	"image/jpeg"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/disk"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A mortal is the product as processes, over a directory of the test's own.
type mortal struct {
	*slipwaytest.Kit
	ground

	t     *testing.T
	dir   string
	heard *postgres.DB
	slots map[string]time.Time // the last of each schedule
}

func newMortal(t *testing.T, oneBinary bool) *mortal {
	t.Helper()
	p := &mortal{t: t, slots: map[string]time.Time{}, dir: filepath.Join(t.TempDir(), "blobs")}
	p.Kit = slipwaytest.Deploy(t, slipwaytest.Deployment{OneBinary: oneBinary, Settings: map[string]string{"BLOB_DIR": p.dir, "LOG_LEVEL": "warn"}},
		New(), albumModule(), witnessModule())
	store, err := disk.Open(disk.Config{Dir: p.dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	p.ground = ground{p.DB("files"), blob.Below(store, "files/")}
	p.heard = p.DB("witness")
	return p
}

// in is the same product inside a subtest.
func (p *mortal) in(t *testing.T) *mortal {
	c := *p
	c.Kit, c.t = p.In(t), t
	return &c
}

// A death is a point at which the process of module files dies, and what leads there:
// prepare runs before, and what it returns brings the process to the point.
type death struct {
	point   string
	flow    string
	prepare func(p *mortal, ada *slipwaytest.Kit) (run func())
}

// deaths are all points of the module's code, in each flow that comes by them.
var deaths = []death{
	{"files.reserved", "streamed", streamed},
	{"files.put", "streamed", streamed},
	{"files.checked", "streamed", streamed},
	{"files.settled", "streamed", streamed},
	{"tx.committing", "streamed", streamed},
	{"files.announced", "announced", announcing},
	{"files.sent", "completed", completing},
	{"files.uploaded", "completed", completing},
	{"files.copying", "completed", completing},
	{"files.copied", "completed", completing},
	{"files.checked", "completed", completing},
	{"job.committed", "completed", completing},
	{"files.clearing", "completed", completing},
	{"files.rendering", "rendered", imaging},
	{"files.encoded", "rendered", imaging},
	{"files.variant", "rendered", imaging},
	{"files.rendered", "rendered", imaging},
	{"files.due", "expired", expiring},
	{"files.removing", "expired", expiring},
	{"files.removed", "expired", expiring},
	{"files.removing", "swept", sweeping},
	{"files.removed", "swept", sweeping},
	{"tx.committing", "attached", attaching},
	{"tx.committed", "attached", attaching},
	{"tx.committing", "detached", detaching},
	{"files.removing", "detached", detaching},
	{"files.removing", "deleted", deleting},
	{"files.removed", "deleted", deleting},
	{"files.reconciling", "reconciled", reconciled},
	{"files.unwanted", "reconciled", reconciled},
	{"files.lost", "reconciled", reconciled},
}

// isCalled reports a point that a neighbour's call leads to. In one process the call has a
// context of its own, which brings no point along.
func (d death) isCalled() bool {
	return d.flow == "attached" || d.flow == "detached" && d.point == "tx.committing"
}

// Whatever the process dies at: once time has passed nothing has leaked, nothing is missing,
// nothing is halfway, and each event was heard once.
func TestFault_kill(t *testing.T) {
	t.Parallel()
	for name, oneBinary := range map[string]bool{"one binary": true, "services": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newMortal(t, oneBinary)
			for round := range slipwaytest.Rounds(t) {
				for n, d := range deaths {
					if apart := (n+round)%2 == 0 || d.isCalled(); apart == oneBinary {
						continue // it is the other deployment's turn: two rounds have both, but for what a neighbour calls
					}
					if !t.Run(fmt.Sprintf("%s at %s %d", d.flow, d.point, round), func(t *testing.T) { p.in(t).dies(d) }) {
						return // what is wrong now is wrong from now on
					}
				}
			}
		})
	}
}

func (p *mortal) dies(d death) {
	p.t.Helper()
	run := d.prepare(p, p.As("customer"))
	p.KillAt("files", d.point)
	run()
	p.AwaitDeath("files")
	p.Restart("files")
	p.quiet()
	p.timePasses()
	p.settled(p.t)
	p.wantHeard()
}

// attempt sends a form where the process may die. Whether an answer came decides nothing.
func (p *mortal) attempt(k *slipwaytest.Kit, path, body string) {
	ctx, cancel := context.WithTimeout(p.t.Context(), wait)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.AddrOf("the edge")+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	asForm(r)
	r.Header.Set("Authorization", "Bearer "+k.Token())
	if resp, err := http.DefaultClient.Do(r); err == nil {
		_ = resp.Body.Close()
	}
}

// wait is the patience of a test with what processes do by themselves; the machine may be slow.
const wait = 45 * time.Second

func streamed(p *mortal, ada *slipwaytest.Kit) func() {
	return func() { p.attempt(ada, "/uploads/album/documents", filePart("hello.txt", hello)+end) }
}

func announcing(_ *mortal, ada *slipwaytest.Kit) func() {
	return func() { _ = slipwaytest.Try(ada, filesapi.Begin, intent("documents", "hello.txt", int64(len(hello)))) }
}

func completing(p *mortal, ada *slipwaytest.Kit) func() {
	ticket := begin(p.t, ada, "documents", "hello.txt", len(hello))
	ada.Anonymous().JSON(http.MethodPost, formPath(ticket), formOf(ticket, hello), asForm).Want(http.StatusNoContent)
	return func() { _ = slipwaytest.Try(ada, filesapi.Complete, filesapi.FileInput{ID: ticket.File.ID}) }
}

func imaging(p *mortal, ada *slipwaytest.Kit) func() {
	var photograph bytes.Buffer
	if err := jpeg.Encode(&photograph, photo(400, 200), nil); err != nil {
		p.t.Fatal(err)
	}
	return func() { p.attempt(ada, "/uploads/album/portraits", filePart("ada.jpg", photograph.String())+end) }
}

// expiring has two files that nobody attached.
func expiring(p *mortal, ada *slipwaytest.Kit) func() {
	sendFile(p.t, ada, "documents", "hello.txt", hello)
	sendFile(p.t, ada, "documents", "goodbye.txt", "Goodbye!\n")
	p.exec(`UPDATE files SET expires_at = now() WHERE owner = $1`, ada.Subject())
	return func() { p.fire("expire") }
}

func attaching(p *mortal, ada *slipwaytest.Kit) func() {
	p.kept(ada, "Goodbye!\n")
	in := filesapi.FileInput{ID: sendFile(p.t, ada, "documents", "hello.txt", hello).ID}
	return func() { _ = slipwaytest.Try(ada, albumKeep, in) }
}

func detaching(p *mortal, ada *slipwaytest.Kit) func() {
	in := p.kept(ada, hello)
	return func() { _ = slipwaytest.Try(ada, albumDrop, in) }
}

// kept returns a file that the album has, which may take a while to find the process again
// that died before.
func (p *mortal) kept(ada *slipwaytest.Kit, text string) filesapi.FileInput {
	p.t.Helper()
	in := filesapi.FileInput{ID: sendFile(p.t, ada, "documents", "hello.txt", text).ID}
	p.eventually("the album keeps a file", func() bool { return slipwaytest.Do(ada.In(p.t), albumKeep, in).Status == http.StatusOK })
	return in
}

func deleting(p *mortal, ada *slipwaytest.Kit) func() {
	in := filesapi.FileInput{ID: sendFile(p.t, ada, "documents", "hello.txt", hello).ID}
	return func() { _ = slipwaytest.Try(ada, filesapi.Delete, in) }
}

// sweeping has a file that expired, and whose job is dead.
func sweeping(p *mortal, ada *slipwaytest.Kit) func() {
	f := sendFile(p.t, ada, "documents", "hello.txt", hello)
	p.exec(`UPDATE contents SET state = 'going', changed_at = now() - interval '1 day' WHERE id = (SELECT content FROM files WHERE id = $1)`, f.ID)
	p.exec(`UPDATE usage SET files = files - 1, bytes = bytes - $2 WHERE name IN ($1, 'album', 'album.documents/' || $1)`, ada.Subject(), len(hello))
	p.exec(`UPDATE files SET state = 'expired', reason = 'detached', expires_at = NULL, held = 0 WHERE id = $1`, f.ID)
	return func() { p.fire("sweep") }
}

// reconciled has two objects too many, and two too few, which were missed a day ago.
func reconciled(p *mortal, ada *slipwaytest.Kit) func() {
	for _, text := range []string{hello, "Goodbye!\n"} {
		f := sendFile(p.t, ada, "documents", "hello.txt", text)
		var content uuid.UUID
		if err := p.db.QueryRow(p.t.Context(), `SELECT content FROM files WHERE id = $1`, f.ID).Scan(&content); err != nil {
			p.t.Fatal(err)
		}
		_, putting := p.store.Put(p.t.Context(), contentKey(uuid.New()), strings.NewReader(text), 1<<10)
		if err := p.store.Delete(p.t.Context(), contentKey(content)); err != nil || putting != nil {
			p.t.Fatal(err, putting)
		}
	}
	p.fire("reconcile")
	p.quiet()
	p.exec(`UPDATE contents SET missed_at = missed_at - interval '25 hours'`)
	p.age()
	return func() { p.fire("reconcile") }
}

func (p *mortal) exec(sql string, args ...any) {
	p.t.Helper()
	if _, err := p.db.Exec(p.t.Context(), sql, args...); err != nil {
		p.t.Fatal(err)
	}
}

// fire has a slot of a schedule come now, which is another one than those before and than
// those that the schedule goes on with: those have the last one's second.
func (p *mortal) fire(schedule string) {
	p.t.Helper()
	slot := time.Now().Truncate(time.Second)
	if last := p.slots[schedule]; !slot.After(last) || slot.Second() == last.Second() {
		slot = time.Unix(max(slot.Unix(), last.Unix())+1, 0)
	}
	p.slots[schedule] = slot
	p.exec(`UPDATE kit_schedule SET next_run_at = $2 WHERE name = $1`, schedule, slot)
}

// quiet waits until no slot and no job is left, here and at the witness.
func (p *mortal) quiet() {
	p.t.Helper()
	const busy = `SELECT (SELECT count(*) FROM kit_delivery WHERE state IN ('ready', 'running')) + (SELECT count(*) FROM kit_schedule WHERE next_run_at <= now() + interval '2 seconds') + (SELECT count(*) FROM kit_outbox WHERE published_at IS NULL)`
	p.eventually("jobs and events are done with", func() bool { return p.count(p.db, busy)+p.count(p.heard, busy) == 0 })
}

func (p *mortal) count(db *postgres.DB, sql string, args ...any) (n int) {
	p.t.Helper()
	if err := db.QueryRow(p.t.Context(), sql, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}

func (p *mortal) eventually(what string, so func() bool) {
	p.t.Helper()
	for deadline := time.Now().Add(wait); !so(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatalf("after %s it is still not so: %s; %v", wait, what, p.strings(p.t, `SELECT job || ' ' || state || ' ' || reason FROM kit_delivery WHERE state IN ('ready', 'running', 'dead')`))
		}
	}
}

// timePasses is a day and more, for whatever is not stored, and all that the clock starts.
func (p *mortal) timePasses() {
	p.t.Helper()
	p.exec(`UPDATE files SET expires_at = expires_at - interval '25 hours' WHERE state <> 'stored'`)
	p.exec(`UPDATE files SET form_until = form_until - interval '25 hours'`)
	p.exec(`UPDATE contents SET changed_at = changed_at - interval '25 hours'`)
	p.age()
	for _, schedule := range []string{"expire", "sweep", "reconcile"} { // at once
		p.fire(schedule)
	}
	p.quiet()
}

// age makes all objects a day and more old.
func (p *mortal) age() {
	p.t.Helper()
	old := time.Now().Add(-25 * time.Hour)
	err := filepath.WalkDir(filepath.Join(p.dir, "objects"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.Chtimes(path, old, old) //nolint:gosec // a directory of the test's own
	})
	if err != nil && !os.IsNotExist(err) {
		p.t.Fatal(err)
	}
}

// What every file in such a state has caused, once each.
var causes = map[filesapi.State][]string{
	filesapi.StateStored:   {"stored"},
	filesapi.StateRejected: {"rejected"},
	filesapi.StateDeleted:  {"deleted", "stored"},
}

// wantHeard checks that the witness has heard of every file what happened to it, once.
func (p *mortal) wantHeard() {
	p.t.Helper()
	p.eventually("all is heard", func() bool { return len(p.misheard()) == 0 || p.t.Failed() })
	if dead := p.count(p.db, `SELECT count(*) FROM kit_delivery WHERE state = 'dead'`); dead > 0 {
		p.t.Errorf("%d jobs are dead", dead)
	}
}

// misheard says of which files something else was heard, or is not heard yet; what was heard
// twice fails the test.
func (p *mortal) misheard() (wrong []string) {
	p.t.Helper()
	heard := map[string][]string{}
	for _, line := range (ground{db: p.heard}).strings(p.t, `SELECT file || ' ' || topic FROM heard WHERE topic <> 'expiring' ORDER BY file, topic`) {
		file, topic, _ := strings.Cut(line, " ")
		if slices.Contains(heard[file], topic) {
			p.t.Errorf("of file %s was heard twice that it is %s", file, topic)
		}
		heard[file] = append(heard[file], topic)
	}
	for _, line := range p.strings(p.t, `SELECT id || ' ' || state FROM files`) {
		file, state, _ := strings.Cut(line, " ")
		if want := causes[filesapi.State(state)]; !slices.Equal(heard[file], want) {
			wrong = append(wrong, fmt.Sprintf("of file %s, which is %s, was heard %q, want %q", file, state, heard[file], want))
		}
	}
	return wrong
}

// TestSteps: the process is killed at every point of the module's code.
func TestSteps(t *testing.T) {
	t.Parallel()
	hit := regexp.MustCompile(`failpoint\.Hit\([^"\n]*"([a-z_.]+)"\)`)
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range sources {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range hit.FindAllSubmatch(text, -1) {
			if !slices.ContainsFunc(deaths, func(d death) bool { return d.point == string(m[1]) }) {
				t.Errorf("point %s of %s is not among those at which a process is killed", m[1], file)
			}
		}
	}
}
