package slipwaytest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A till rings up sales. A store takes what is sold off its shelf, tells the till of what
// is sold out, and hears of that what others do.
var (
	tillModule  = api.Module("till")
	stockModule = api.Module("stock")

	sold    = events.Define[sale](tillModule, "sold", 1, "Something was sold.").Key("its SKU")
	soldOut = events.Define[sale](tillModule, "sold_out", 1, "Nothing of it is left.")

	useTill = auth.Perm("till:use", "Ring things up").GrantTo("clerk")
	ringUp  = api.POST[sale, api.Empty](tillModule, "/sales/{sku}/{pieces}", auth.Need(useTill), "Ring something up").Status(204)
	closeUp = api.POST[sale, api.Empty](tillModule, "/shelves/{sku}/{pieces}", auth.Services("stock"), "Say that nothing is left").Status(204)
)

type sale struct {
	SKU    string `json:"sku" path:"sku" maxLength:"50"`
	Pieces int    `json:"pieces" path:"pieces" maximum:"9"`
}

func migration(sql string) slipway.Option {
	return slipway.Migrations(fstest.MapFS{"00001_first.sql": {Data: []byte("-- +goose Up\n" + sql + "\n-- +goose Down\nSELECT 1;\n")}})
}

func till(opts ...slipway.Option) slipway.Module {
	return slipway.NewModule(tillModule, func(m *slipway.Setup, _ struct{}) error {
		db := m.DB()
		emit := func(e *events.Event[sale]) func(context.Context, sale) (api.Empty, error) {
			return func(ctx context.Context, in sale) (api.Empty, error) {
				return api.Empty{}, db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
					if err := e.Emit(ctx, tx, in.SKU, in); err != nil || in.SKU != "broken" {
						return err
					}
					return errors.New("the drawer sticks")
				})
			}
		}
		api.Handle(m, ringUp, emit(sold))
		api.Handle(m, closeUp, emit(soldOut))
		return nil
	}, append([]slipway.Option{migration("SELECT 1;"), slipway.Emits(sold, soldOut)}, opts...)...)
}

// store has what its jobs do from a test, which may be nil.
type store struct {
	onSold func(ctx context.Context, d jobs.Delivery[sale]) error
	remind *jobs.Job[string]
	db     *postgres.DB

	mu  sync.Mutex
	did []string // in order
}

func (s *store) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.did = append(s.did, what)
}

// IsTriggered implements jobs.Handler.
func (s *store) IsTriggered(_ context.Context, d jobs.Delivery[sale]) (jobs.Decision, error) {
	if d.Data.SKU == "air" {
		return jobs.Skip("it is not on the shelf"), nil
	}
	return jobs.Triggered, nil
}

func (s *store) module() slipway.Module {
	return slipway.NewModule(stockModule, func(m *slipway.Setup, _ struct{}) error {
		s.db = m.DB()
		neighbour := m.Calls(tillModule)
		jobs.On(m, "take", sold, taking{s, neighbour})
		jobs.On(m, "order", soldOut, jobs.Func[sale](func(_ context.Context, d jobs.Delivery[sale]) (jobs.Effect, error) {
			return func(ctx context.Context, tx postgres.Tx) error {
				return s.remind.Enqueue(ctx, tx, "", d.Data.SKU)
			}, nil
		}))
		s.remind = jobs.Handle(m, "remind", jobs.Func[string](func(_ context.Context, d jobs.Delivery[string]) (jobs.Effect, error) {
			s.note("remind of " + d.Data)
			return jobs.Done, nil
		}))
		jobs.Cron(m, "tidy", "*/5 * * * *", func(_ context.Context, d jobs.Delivery[jobs.Slot]) (jobs.Effect, error) {
			s.note("tidy at " + d.Data.At.Format("15:04"))
			return jobs.Done, nil
		})
		return nil
	}, migration("CREATE TABLE taken (sku text NOT NULL, pieces integer NOT NULL);"), slipway.Subscribes(sold, soldOut), slipway.Calls(tillModule))
}

// taking takes what is sold off the shelf, and calls the till when it was the last.
type taking struct {
	*store
	till api.Caller
}

func (w taking) Process(ctx context.Context, d jobs.Delivery[sale]) (jobs.Effect, error) {
	if w.onSold != nil {
		if err := w.onSold(ctx, d); err != nil {
			return nil, err
		}
	}
	if d.Data.Pieces == 9 {
		if _, err := api.Call(ctx, w.till, closeUp, d.Data); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, tx postgres.Tx) error {
		w.note("take " + d.Data.SKU)
		_, err := tx.Exec(ctx, "INSERT INTO taken VALUES ($1, $2)", d.Data.SKU, d.Data.Pieces)
		return err
	}, nil
}

func (s *store) wantDid(t *testing.T, want ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Equal(s.did, want) {
		t.Errorf("the store did %q, want %q", s.did, want)
	}
}

// everyWorld runs the test in the modes in which events are carried at once.
func everyWorld(t *testing.T, test func(t *testing.T, world func(testing.TB, ...slipway.Module) *slipwaytest.Kit)) {
	t.Helper()
	t.Run("in Tx", func(t *testing.T) { t.Parallel(); test(t, slipwaytest.Tx) })
	t.Run("in Commit", func(t *testing.T) { t.Parallel(); test(t, slipwaytest.Commit) })
}

func TestJobs_runBeforeTheNextLine(t *testing.T) {
	t.Parallel()
	everyWorld(t, func(t *testing.T, world func(testing.TB, ...slipway.Module) *slipwaytest.Kit) {
		t.Run("also what they lead to, over a neighbour", func(t *testing.T) {
			t.Parallel()
			s := &store{}
			clerk := world(t, till(), s.module()).As("clerk")
			slipwaytest.Do(clerk, ringUp, sale{"mug", 9}).Want(204)
			s.wantDid(t, "take mug", "remind of mug")
			if got := slipwaytest.Published(clerk, soldOut); len(got) != 1 || got[0] != (sale{"mug", 9}) {
				t.Errorf("published was %+v", got)
			}
		})

		t.Run("and not for what was rolled back", func(t *testing.T) {
			t.Parallel()
			s := &store{}
			clerk := world(t, till(), s.module()).As("clerk")
			slipwaytest.Do(clerk, ringUp, sale{"broken", 1}).Want(500)
			slipwaytest.Unpublished(clerk, sold)
			s.wantDid(t)
		})

		t.Run("however many commit at once", func(t *testing.T) {
			t.Parallel()
			s := &store{}
			clerk := world(t, till(), s.module()).As("clerk")
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() { slipwaytest.Do(clerk, ringUp, sale{"mug", 9}).Want(204) })
			}
			all.Wait()
			if n := len(s.did); n != 16 {
				t.Errorf("the store did %d things, want 16: %q", n, s.did)
			}
		})

		t.Run("unless they are skipped", func(t *testing.T) {
			t.Parallel()
			s := &store{}
			slipwaytest.Do(world(t, till(), s.module()).As("clerk"), ringUp, sale{"air", 1}).Want(204)
			s.wantDid(t)
		})
	})
}

func TestJobs_thatFail(t *testing.T) {
	t.Parallel()

	t.Run("fail the test", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		s := &store{onSold: func(context.Context, jobs.Delivery[sale]) error { return errors.New("the shelf is empty") }}
		k := slipwaytest.Tx(f, till(), s.module())
		slipwaytest.Do(k.In(t).As("clerk"), ringUp, sale{"mug", 1}).Want(204)
		if said := strings.Join(f.said, "\n"); !strings.Contains(said, "module stock: job take: the shelf is empty") || !strings.Contains(said, "LetJobsFail") {
			t.Errorf("the kit said %q, want the job, its error and what to do", said)
		}
	})

	t.Run("do not fail a test that is about that, and are tried again", func(t *testing.T) {
		t.Parallel()
		var attempts []int
		s := &store{onSold: func(_ context.Context, d jobs.Delivery[sale]) error {
			if attempts = append(attempts, d.Attempt); d.Attempt == 1 {
				return errors.New("the shelf is empty")
			}
			return nil
		}}
		k := slipwaytest.Tx(t, till(), s.module())
		failed := k.LetJobsFail()
		slipwaytest.Do(k.As("clerk"), ringUp, sale{"mug", 1}).Want(204)
		s.wantDid(t)
		k.RunJobs() // without a pause
		s.wantDid(t, "take mug")
		if errs := failed.All(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "the shelf is empty") || !slices.Equal(attempts, []int{1, 2}) {
			t.Errorf("attempts %v failed with %v, want the first to fail", attempts, errs)
		}
	})

	t.Run("panic without ending the test", func(t *testing.T) {
		t.Parallel()
		s := &store{onSold: func(context.Context, jobs.Delivery[sale]) error { panic("the shelf fell down") }}
		k := slipwaytest.Tx(t, till(), s.module())
		failed := k.LetJobsFail()
		slipwaytest.Do(k.As("clerk"), ringUp, sale{"mug", 1}).Want(204)
		if errs := failed.All(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "the shelf fell down") {
			t.Errorf("failed with %v, want the panic", errs)
		}
	})
}

// A job whose event is its own cause never ends.
func TestJobs_withoutEnd(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	s := &store{}
	k := slipwaytest.Tx(f, till(), s.module())
	s.onSold = func(ctx context.Context, d jobs.Delivery[sale]) error {
		return k.DB("till").InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx postgres.Tx) error { return sold.Emit(ctx, tx, "", d.Data) })
	}
	slipwaytest.Do(k.In(t).As("clerk"), ringUp, sale{"mug", 1}).Want(204)
	if said := strings.Join(f.said, "\n"); !strings.Contains(said, "without end") || !strings.Contains(said, "till.sold.v1") {
		t.Errorf("the kit said %q, want the event that has no end", said)
	}
}

func TestPublished(t *testing.T) {
	t.Parallel()

	t.Run("says what was published instead", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(t, till()).In(f)
		for range 2 {
			slipwaytest.Do(k.As("clerk"), ringUp, sale{"mug", 1}).Want(204)
		}
		if said, want := f.run(func() { slipwaytest.Published(k, soldOut) }), "till.sold_out.v1 was not published: till has emitted till.sold.v1 2 times"; !strings.Contains(said, want) {
			t.Errorf("the kit said %q, want %q in it", said, want)
		}
	})

	t.Run("says what was published and should not have been", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(t, till()).In(f)
		slipwaytest.Do(k.As("clerk"), ringUp, sale{"mug", 1}).Want(204)
		slipwaytest.Unpublished(k, sold)
		if said := strings.Join(f.said, "\n"); !strings.Contains(said, "till.sold.v1 was published 1 time") || !strings.Contains(said, "mug") {
			t.Errorf("the kit said %q", said)
		}
	})

	t.Run("returns all in order", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Tx(t, till())
		for i := range 3 {
			slipwaytest.Do(k.As("clerk"), ringUp, sale{"mug", i + 1}).Want(204)
		}
		if got := slipwaytest.Published(k, sold); fmt.Sprint(got) != "[{mug 1} {mug 2} {mug 3}]" {
			t.Errorf("published was %v", got)
		}
	})
}

// What a module emits is held to what it says of it.
func TestEvents_keepToTheirDescription(t *testing.T) {
	t.Parallel()

	t.Run("and are declared", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		silent := slipway.NewModule(tillModule, func(m *slipway.Setup, _ struct{}) error {
			db := m.DB()
			api.Handle(m, ringUp, func(ctx context.Context, in sale) (api.Empty, error) {
				return api.Empty{}, db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return sold.Emit(ctx, tx, "", in) })
			})
			api.Handle(m, closeUp, func(context.Context, sale) (api.Empty, error) { return api.Empty{}, nil })
			return nil
		}, migration("SELECT 1;"))
		slipwaytest.Do(slipwaytest.Tx(f, silent).In(t).As("clerk"), ringUp, sale{"mug", 1}).Want(204)
		if said := strings.Join(f.said, "\n"); !strings.Contains(said, "till has emitted till.sold.v1 without declaring it: give NewModule slipway.Emits") {
			t.Errorf("the kit said %q", said)
		}
	})

	t.Run("with their data", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(f, till())
		err := k.DB("till").InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error { return sold.Emit(ctx, tx, "", sale{"mug", 10}) })
		if err != nil {
			t.Fatal(err)
		}
		if said := strings.Join(f.said, "\n"); !strings.Contains(said, "data that its description does not allow") || !strings.Contains(said, "data.pieces") {
			t.Errorf("the kit said %q, want the place", said)
		}
	})
}

func TestDeliver(t *testing.T) {
	t.Parallel()

	t.Run("refuses data that the description does not allow", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(t, (&store{}).module()).In(f)
		if said := f.run(func() { slipwaytest.Deliver(k, sold, "mug", sale{"mug", 10}) }); !strings.Contains(said, "data.pieces") {
			t.Errorf("the kit said %q, want the place", said)
		}
	})

	t.Run("refuses what nobody wants", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(t, till()).In(f)
		if said := f.run(func() { slipwaytest.Deliver(k, sold, "mug", sale{"mug", 1}) }); !strings.Contains(said, "no module of this world subscribes to it; the modules are till") {
			t.Errorf("the kit said %q", said)
		}
	})

	t.Run("brings an event whose module is not there", func(t *testing.T) {
		t.Parallel()
		s := &store{}
		slipwaytest.Deliver(slipwaytest.Tx(t, s.module()), sold, "mug", sale{"mug", 1})
		s.wantDid(t, "take mug")
	})
}

// TestRunJobs: the test's time is what schedules go by.
func TestRunJobs(t *testing.T) {
	s := &store{}
	slipwaytest.Bubble(t, []slipway.Module{s.module()}, func(t *testing.T, k *slipwaytest.Kit) {
		err := s.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return s.remind.EnqueueAt(ctx, tx, time.Now().Add(7*time.Minute), "", "the mugs")
		})
		if err != nil {
			t.Fatal(err)
		}
		k.RunJobs()
		s.wantDid(t)
		time.Sleep(6 * time.Minute) // takes no time
		k.RunJobs()
		s.wantDid(t, "tidy at 00:05")
		time.Sleep(5 * time.Minute)
		k.RunJobs()
		s.wantDid(t, "tidy at 00:05", "remind of the mugs", "tidy at 00:10")
		k.RunJobs()
		s.wantDid(t, "tidy at 00:05", "remind of the mugs", "tidy at 00:10")
	})
}

// The request that emits pays for its own statements, and its tree shows what it led to.
func TestJobs_inTheTree(t *testing.T) {
	t.Parallel()
	e := &ending{failing: failing{TB: t}}
	k := slipwaytest.Tx(e, till(), (&store{}).module()).As("clerk")
	slipwaytest.Do(k.In(t).Budget(0, 1), ringUp, sale{"mug", 9}).Want(204)
	slipwaytest.Do(k.In(t).Budget(0, 1), ringUp, sale{"air", 1}).Want(204)
	got := e.end(true)
	for _, line := range []string{
		"POST /sales/{sku}/{pieces}  204", "└─ event  till.sold.v1", "└─ job    stock take", "├─ call   till POST /shelves/{sku}/{pieces}  204",
		"└─ event  till.sold_out.v1", "└─ job    stock order", "job    stock remind", "stock take  skipped: it is not on the shelf",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("the tree is\n%s\nwant %q in it", got, line)
		}
	}
	if strings.Contains(got, "SELECT e.id") || strings.Contains(got, "SET published_at") {
		t.Errorf("the tree shows what the kit does for itself:\n%s", got)
	}
}
