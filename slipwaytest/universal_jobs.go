package slipwaytest

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
)

// ExampleEvent gives the data of an event to which the module subscribes, on which its
// jobs act. It is called in a new world as a user with every permission of the module,
// and makes there what the event is about.
func ExampleEvent[T any](e *events.Event[T], example func(k *Kit) (key string, data T)) Fixture {
	return func(u *universal) {
		if u.events == nil {
			u.events = map[string]func(*Kit) events.Message{}
		}
		u.events[e.Topic()] = func(k *Kit) events.Message {
			k.t.Helper()
			key, data := example(u.owner(k))
			m, err := e.Message(k.t.Context(), key, data)
			if err == nil {
				err = e.Check(m.Data)
			}
			if err != nil {
				k.t.Fatalf("the example of %s: %v", e.Topic(), err)
			}
			return m
		}
	}
}

// proveJobs proves of every job that an event or the clock triggers that it acts once.
func (u *universal) proveJobs(t *testing.T) {
	schedules := u.schedules(t)
	if len(u.module.Subscribes())+len(schedules) == 0 {
		t.Skip("the module subscribes to no event and has no schedule")
	}
	for _, e := range u.module.Subscribes() {
		t.Run(e.Topic(), func(t *testing.T) {
			example := u.events[e.Topic()]
			if example == nil {
				t.Fatalf("%s subscribes to %s, and the suite has no such event on which its jobs would act: give Universal a slipwaytest.ExampleEvent", u.module.Name(), e.Topic())
			}
			u.proveActsOnce(t, func(k *Kit) trigger {
				m := example(k)
				return trigger{"the slipwaytest.ExampleEvent of " + e.Topic(), m.ID, func() { k.deliver(m) }}
			})
		})
	}
	for _, name := range schedules {
		t.Run(name, func(t *testing.T) {
			u.proveActsOnce(t, func(k *Kit) trigger {
				slot := uuid.New()
				return trigger{"a slot of " + name, slot, func() { k.deliverSlot(u.module.Name(), name, slot) }}
			})
		})
	}
}

// schedules returns the names of the module's schedules.
func (u *universal) schedules(t *testing.T) []string {
	t.Helper()
	if !u.module.HasDatabase() {
		return nil
	}
	rows, err := u.world(t).DB(u.module.Name()).Query(t.Context(), `SELECT name FROM kit_schedule ORDER BY name`)
	if err != nil {
		t.Fatalf("list the schedules: %v", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("list the schedules: %v", err)
	}
	return names
}

// deliverSlot has a schedule run for a slot, which is the same as often as it is called.
func (k *Kit) deliverSlot(module, name string, slot uuid.UUID) {
	k.t.Helper()
	const insert = `
INSERT INTO kit_delivery (event_id, job, run_at, type, version, key, traceparent, subject, data, emitted_at)
VALUES ($1, $2, $3, '', 0, '', '', '', $4, $3) ON CONFLICT (event_id, job, run) DO NOTHING`
	now := time.Now()
	data, err := json.Marshal(jobs.Slot{At: now})
	if err == nil {
		_, err = k.DB(module).Exec(k.t.Context(), insert, slot, name, now, data)
	}
	if err != nil {
		k.t.Fatalf("deliver a slot of %s: %v", name, err)
	}
	k.RunJobs()
}

// A trigger is what jobs act on, and may come twice.
type trigger struct {
	name    string
	id      uuid.UUID
	deliver func()
}

// proveActsOnce proves it of the jobs that a trigger has. Each world has one of its own.
func (u *universal) proveActsOnce(t *testing.T, prepare func(*Kit) trigger) {
	var once string // how much is there when it came once
	t.Run("acts, and not again when it is redelivered", func(t *testing.T) {
		k := u.world(t)
		comes := prepare(k)
		comes.deliver()
		k.wantActed(u.module.Name(), comes)
		once = k.effects(u.module.Name())
		stored := k.rows(u.module.Name())
		comes.deliver()
		k.RunJobs()
		if got := k.rows(u.module.Name()); got != stored || k.effects(u.module.Name()) != once {
			t.Errorf("%s came a second time, and there is now %s, want %s", comes.name, k.effects(u.module.Name()), once)
		}
	})
	t.Run("acts once although its process dies before its effect is committed", func(t *testing.T) {
		if once == "" {
			t.Skip("it does not act at all")
		}
		k := u.world(t)
		comes := prepare(k)
		k.killJobs(comes.deliver)
		k.RunJobs()
		k.wantActed(u.module.Name(), comes)
		if got := k.effects(u.module.Name()); got != once {
			t.Errorf("the process of a job died when Process had returned, the job was tried again, and there is now %s, want %s: "+
				"change the database in the effect that Process returns, in its transaction, and nowhere else", got, once)
		}
	})
}

// effects tells how much the module has stored and emitted.
func (k *Kit) effects(module string) string {
	k.t.Helper()
	return k.counts(module) + "; emitted: " + list(k.emitted(module))
}

// wantActed ends the test unless a job is done with what came.
func (k *Kit) wantActed(module string, comes trigger) {
	k.t.Helper()
	const look = `SELECT job, state, reason FROM kit_delivery WHERE event_id = $1 ORDER BY job`
	rows, err := k.DB(module).Query(k.t.Context(), look, comes.id)
	if err != nil {
		k.t.Fatalf("look what became of %s: %v", comes.name, err)
	}
	var job, state, reason string
	var done bool
	var ends []string
	_, err = pgx.ForEachRow(rows, []any{&job, &state, &reason}, func() error {
		ends = append(ends, strings.TrimRight(fmt.Sprintf("%s is %s: %s", job, state, reason), ": "))
		done = done || state == "done"
		return nil
	})
	if err != nil {
		k.t.Fatalf("look what became of %s: %v", comes.name, err)
	}
	if !done {
		k.t.Fatalf("no job has acted on %s: %s\n%s", comes.name, list(ends), k.happened)
	}
}

// killJobs has every attempt of a job while f runs end as its process would end it that
// dies when Process has returned: nothing of its effect is there, nor the word that it is done.
func (k *Kit) killJobs(f func()) {
	k.t.Helper()
	k.LetJobsFail()
	defer k.carrier.failNoMore()
	for _, m := range k.carrier.modules {
		k.exec(m.Name(), `CREATE FUNCTION slipwaytest_dies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the process has died'; END $$`)
		k.exec(m.Name(), `CREATE TRIGGER slipwaytest_dies BEFORE UPDATE ON kit_delivery FOR EACH ROW WHEN (NEW.done_at IS NOT NULL) EXECUTE FUNCTION slipwaytest_dies()`)
		defer k.exec(m.Name(), `DROP FUNCTION slipwaytest_dies CASCADE`)
	}
	f()
}
