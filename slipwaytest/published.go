package slipwaytest

import (
	"encoding/json"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/events"
)

// Published returns what the modules of the world have emitted of an event, in order.
// Where that is nothing the test ends, and says what was emitted instead.
//
//	captured := slipwaytest.Published(k, acquiringapi.Captured)
//
// What a transaction emitted that was rolled back is not among it.
func Published[T any](k *Kit, e *events.Event[T]) []T {
	k.t.Helper()
	all := published(k, e)
	if len(all) == 0 {
		k.t.Fatalf("%s was not published: %s has emitted %s; events are emitted in the transaction that makes them true", e.Topic(), e.Module(), list(k.emitted(e.Module())))
	}
	return all
}

// Unpublished fails the test if a module of the world has emitted such an event.
func Unpublished[T any](k *Kit, e *events.Event[T]) {
	k.t.Helper()
	if all := published(k, e); len(all) > 0 {
		k.t.Errorf("%s was published %s, want it not to be; the first says %+v", e.Topic(), counted(len(all), "time", "times"), all[0])
	}
}

func published[T any](k *Kit, e *events.Event[T]) []T {
	k.t.Helper()
	rows, err := k.DB(e.Module()).Query(k.t.Context(), `SELECT data FROM kit_outbox WHERE type = $1 AND version = $2 ORDER BY seq`, e.Type(), e.Version())
	if err != nil {
		k.t.Fatalf("read what %s has emitted: %v", e.Module(), err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (data T, err error) {
		var raw []byte
		if err := row.Scan(&raw); err != nil {
			return data, err
		}
		return data, json.Unmarshal(raw, &data)
	})
	if err != nil {
		k.t.Fatalf("read what %s has emitted of %s: %v", e.Module(), e.Topic(), err)
	}
	return all
}

// emitted names the events that a module has emitted, with their numbers.
func (k *Kit) emitted(module string) []string {
	k.t.Helper()
	const look = `SELECT type || '.v' || version || ' ' || count(*) FROM kit_outbox GROUP BY type, version ORDER BY 1`
	rows, err := k.DB(module).Query(k.t.Context(), look)
	if err != nil {
		k.t.Fatalf("read what %s has emitted: %v", module, err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		var line string
		err := row.Scan(&line)
		topic, times, _ := strings.Cut(line, " ")
		if times != "1" {
			topic += " " + times + " times"
		}
		return topic, err
	})
	if err != nil {
		k.t.Fatalf("read what %s has emitted: %v", module, err)
	}
	return all
}
