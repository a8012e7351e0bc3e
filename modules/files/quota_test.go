package files

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/slipway-go/slipway/internal/uuid7"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// roomy are limits that nothing in a test reaches.
var roomy = limits{Owner: limit{1000, 1000}, Profile: limit{1000, 1000}, Module: limit{1000, 1000}}

func aFile(owner string, size int64) record {
	return record{ID: uuid7.New(), Module: "album", Profile: "documents", Owner: owner, Uploader: owner, Name: "a.txt", Size: size, Held: size}
}

func (w *world) reserve(t *testing.T, r record, l limits) error {
	t.Helper()
	return w.service.ledger.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error { return reserve(ctx, tx, r, l) })
}

func TestReserve(t *testing.T) {
	t.Parallel()

	t.Run("refuses what one account has no room for", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for name, l := range map[string]limits{
			"owner":   {Owner: limit{1, 10}, Profile: roomy.Profile, Module: roomy.Module},
			"profile": {Owner: roomy.Owner, Profile: limit{1, 10}, Module: roomy.Module},
			"module":  {Owner: roomy.Owner, Profile: roomy.Profile, Module: limit{1, 10}},
		} {
			if err := w.reserve(t, aFile("ada", 11), l); problem.Code(err) != filesapi.CodeQuota {
				t.Errorf("11 bytes where the %s may have 10: %v, want %s", name, err, filesapi.CodeQuota)
			}
		}
		w.wantUsage(t, "ada", limit{})
	})

	t.Run("says how much there is and how much is free", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		l := limits{Owner: limit{2, 10}, Profile: roomy.Profile, Module: roomy.Module}
		if err := w.reserve(t, aFile("ada", 4), l); err != nil {
			t.Fatal(err)
		}
		const want = "there is no room for a file of up to 7 bytes: the owner's files are 1 of 4 bytes, and may be 2 of 10 bytes: 1 file and 6 bytes are free"
		if err := w.reserve(t, aFile("ada", 7), l); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		w.wantUsage(t, "ada", limit{1, 4})
	})

	t.Run("counts to the edge and not past it, however many come at once", func(t *testing.T) {
		t.Parallel()
		w := newRealWorld(t, nil)
		l := limits{Owner: limit{100, 100}, Profile: limit{7, 1000}, Module: roomy.Module}
		var wait sync.WaitGroup
		results := make([]error, 50)
		for n := range results {
			wait.Go(func() { results[n] = w.reserve(t, aFile("ada", 10), l) })
		}
		wait.Wait()
		var in int64
		for _, err := range results {
			switch {
			case err == nil:
				in++
			case problem.Code(err) != filesapi.CodeQuota:
				t.Error(err)
			}
		}
		if in != 7 {
			t.Errorf("%d files are in, want 7", in)
		}
		w.wantUsage(t, "ada", limit{7, 70})
	})
}

func (w *world) wantUsage(t *testing.T, owner string, want limit) {
	t.Helper()
	has, err := w.service.ledger.usage(t.Context(), owner, nil)
	got := has[ownerAccount(owner, false)]
	if err != nil || got != want {
		t.Errorf("%s has %+v (%v), want %+v", owner, got, err, want)
	}
}

// A quota is seen from outside, too.
func TestQuota(t *testing.T) {
	t.Parallel()

	t.Run("lets no more in than it says, however many are announced at once", func(t *testing.T) {
		t.Parallel()
		w := newRealWorld(t, map[string]string{"FILES_OWNER_BYTES": "1000"})
		ada := w.As("customer")
		var wait sync.WaitGroup
		var in, out atomic.Int64
		for range 50 {
			wait.Go(func() {
				switch answer := slipwaytest.Do(ada, filesapi.Begin, intent("documents", "a.txt", 90)); {
				case answer.Status == http.StatusCreated:
					in.Add(1)
				case answer.Problem.Code == filesapi.CodeQuota:
					out.Add(1)
				}
			})
		}
		wait.Wait()
		if in.Load() != 11 || out.Load() != 39 {
			t.Errorf("%d were let in and %d refused, want 11 and 39", in.Load(), out.Load())
		}
		w.wantUsage(t, ada.Subject(), limit{11, 990})
	})

	t.Run("counts what can still come by the form of a file that has ended", func(t *testing.T) {
		t.Parallel()
		w := &world{}
		w.Kit = slipwaytest.TxWith(t, map[string]string{"FILES_OWNER_FILES": "2"}, w.module(), albumModule())
		ada := w.As("customer")
		for range 2 {
			ticket := begin(t, ada, "documents", "hello.txt", len(hello))
			slipwaytest.Do(ada.In(t), filesapi.Delete, filesapi.FileInput{ID: ticket.File.ID}).Want(204)
			w.post(t, ticket, hello)
		}
		slipwaytest.Do(ada.In(t), filesapi.Begin, intent("documents", "hello.txt", 14)).WantCode(409, filesapi.CodeQuota)
		w.wantUsage(t, ada.Subject(), limit{2, 2 * int64(len(hello))})
		w.formsEnd(t)
		w.wantUsage(t, ada.Subject(), limit{})
		w.wantObjects(t, 0)
		w.sound(t)
	})

	t.Run("gives room back that a file does not need", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		send(ada, "documents", filePart("a.txt", hello), end).Want(201) // which might have had 10 MiB
		w.wantUsage(t, ada.Subject(), limit{1, int64(len(hello))})
	})

	t.Run("is larger for whoever has plenty, and the module's for what is its own", func(t *testing.T) {
		t.Parallel()
		w := &world{}
		w.Kit = slipwaytest.TxWith(t, map[string]string{"FILES_OWNER_FILES": "1", "FILES_PLENTY_FILES": "2", "FILES_MODULE_FILES": "5"}, w.module(), albumModule())
		announce := func(k *slipwaytest.Kit, profile, name string) *slipwaytest.Answer[filesapi.Ticket] {
			return slipwaytest.Do(k, filesapi.Begin, intent(profile, name, 1))
		}
		ada, admin, service := w.As("customer"), w.As("customer", "admin"), w.Service("album", "files", "files:write")
		announce(ada, "documents", "a.txt").Want(201)
		announce(ada, "documents", "a.txt").WantCode(409, filesapi.CodeQuota)
		announce(admin, "documents", "a.txt").Want(201)
		announce(admin, "documents", "a.txt").Want(201)
		announce(admin, "documents", "a.txt").WantCode(409, filesapi.CodeQuota)
		announce(service, "exports", "a.csv").Want(201)
		announce(service, "exports", "a.csv").Want(201)
		announce(service, "exports", "a.csv").WantCode(409, filesapi.CodeQuota)
	})
}
