package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// A clock knows the times of a schedule.
//
// With a fixed hour, a time is one that a clock on the wall shows: it comes once a day. One
// that is left out when the clock goes forward comes at that moment, together
// with its neighbours; one that is shown twice when the clock goes back
// comes the first time. A schedule of every hour, or of @every, goes by the time that
// passes, and so has an hour less or more on these days.
type clock struct {
	schedule cron.Schedule
	zone     *time.Location
	wall     bool
}

const everyHour = 1<<24 - 1

func newClock(spec, zone string) (*clock, error) {
	if strings.Contains(spec, "TZ=") {
		return nil, fmt.Errorf("schedule %q: set the time zone with In, not in the expression", spec)
	}
	loc, err := time.LoadLocation(zone)
	if err == nil && loc == time.Local {
		err = errors.New("processes may differ in what is local")
	}
	if err != nil {
		return nil, fmt.Errorf("time zone %q: expected a name such as Europe/Berlin, or UTC; "+
			`where the machine knows none import _ "time/tzdata": %w`, zone, err)
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return nil, fmt.Errorf("schedule %q: expected five fields such as */5 * * * *, or @daily: %w", spec, err)
	}
	c := &clock{schedule: schedule, zone: loc}
	if fields, ok := schedule.(*cron.SpecSchedule); ok {
		fields.Location = loc
		c.wall = fields.Hour&everyHour != everyHour
		if c.wall {
			fields.Location = time.UTC // see next
		}
	}
	if c.next(time.Now()).IsZero() {
		return nil, fmt.Errorf("schedule %q never comes", spec)
	}
	return c, nil
}

// next returns the first time after t, or the zero time if there is none for years.
func (c *clock) next(t time.Time) time.Time {
	if !c.wall {
		return c.schedule.Next(t.In(c.zone))
	}
	// What the clock shows is reckoned in UTC, which leaves nothing out.
	for shown := wallClock(t.In(c.zone)); ; {
		if shown = c.schedule.Next(shown); shown.IsZero() {
			return shown
		}
		if at := firstShown(shown, c.zone); at.After(t) {
			return at
		}
	}
}

// wallClock returns what a clock shows at t, as if it were in UTC.
func wallClock(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// firstShown returns when a clock in the zone first shows a time, or has passed it.
func firstShown(shown time.Time, zone *time.Location) time.Time {
	at := time.Date(shown.Year(), shown.Month(), shown.Day(), shown.Hour(), shown.Minute(), shown.Second(), 0, zone)
	begin, end := at.ZoneBounds()
	switch got := wallClock(at); {
	case got.After(shown):
		return begin // it was left out, and at lies behind the gap
	case got.Before(shown):
		return end
	case begin.IsZero():
		return at
	}
	_, offset := begin.Add(-1).Zone() // in seconds, as it was before
	if earlier := shown.Add(-time.Duration(offset) * time.Second); earlier.Before(begin) {
		return earlier.In(zone)
	}
	return at
}
