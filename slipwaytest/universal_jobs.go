package slipwaytest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/events"
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

// proveJobs proves of every job that an event triggers that it acts once.
func (u *universal) proveJobs(t *testing.T) {
	if len(u.module.Subscribes()) == 0 {
		t.Skip("the module subscribes to no event")
	}
	for _, e := range u.module.Subscribes() {
		t.Run(e.Topic(), func(t *testing.T) { u.proveJobsOn(t, e) })
	}
}

func (u *universal) proveJobsOn(t *testing.T, e *events.Definition) {
	example := u.events[e.Topic()]
	if example == nil {
		t.Fatalf("%s subscribes to %s, and the suite has no such event on which its jobs would act: give Universal a slipwaytest.ExampleEvent", u.module.Name(), e.Topic())
	}
	var once string // how much is there when the event was delivered once
	t.Run("acts, and not again when it is redelivered", func(t *testing.T) {
		k := u.world(t)
		m := example(k)
		k.deliver(m)
		k.wantDone(u.module.Name(), e.Topic())
		once = k.effects(u.module.Name())
		stored := k.rows(u.module.Name())
		k.deliver(m)
		k.RunJobs()
		if got := k.rows(u.module.Name()); got != stored || k.effects(u.module.Name()) != once {
			t.Errorf("the event was delivered a second time, and there is now %s, want %s", k.effects(u.module.Name()), once)
		}
	})
	t.Run("acts once although its process dies before its effect is committed", func(t *testing.T) {
		if once == "" {
			t.Skip("it does not act at all")
		}
		k := u.world(t)
		m := example(k)
		k.killJobs(func() { k.deliver(m) })
		k.RunJobs()
		k.wantDone(u.module.Name(), e.Topic())
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

// wantDone ends the test unless a job of the event is done, and all others at least skipped.
func (k *Kit) wantDone(module, topic string) {
	k.t.Helper()
	const look = `SELECT job, state, reason FROM delivery WHERE type || '.v' || version = $1 ORDER BY job`
	rows, err := k.DB(module).Query(k.t.Context(), look, topic)
	if err != nil {
		k.t.Fatalf("look what became of %s: %v", topic, err)
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
		k.t.Fatalf("look what became of %s: %v", topic, err)
	}
	if !done {
		k.t.Fatalf("no job has acted on the slipwaytest.ExampleEvent of %s: %s\n%s", topic, list(ends), k.happened)
	}
}

// killJobs has every attempt of a job while f runs end as its process would end it that
// dies when Process has returned: nothing of its effect is there, nor the word that it is done.
func (k *Kit) killJobs(f func()) {
	k.t.Helper()
	k.LetJobsFail()
	defer func() { k.carrier.failed = nil }()
	for _, m := range k.carrier.modules {
		k.exec(m.Name(), `CREATE FUNCTION slipwaytest_dies() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the process has died'; END $$`)
		k.exec(m.Name(), `CREATE TRIGGER slipwaytest_dies BEFORE UPDATE ON delivery FOR EACH ROW WHEN (NEW.done_at IS NOT NULL) EXECUTE FUNCTION slipwaytest_dies()`)
		defer k.exec(m.Name(), `DROP FUNCTION slipwaytest_dies CASCADE`)
	}
	f()
}
