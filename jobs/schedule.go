package jobs

import (
	"time"
)

// Cron registers a job that runs at the times of a cron expression of five fields
// (minute, hour, day of month, month, day of week), or of @hourly, @daily, @weekly,
// @monthly, @every 90s. The times are those of UTC unless [Schedule.In] says otherwise.
func Cron(m Module, name, spec string, f Func[Slot]) *Schedule {
	w := m.Jobs()
	s := &Schedule{Job: Handle(m, name, f).Concurrency(1), spec: spec, zone: "UTC"}
	w.schedules = append(w.schedules, s)
	return s
}

// A Slot is one time of a schedule, the data of its job.
type Slot struct {
	At time.Time `json:"at"`
	// Missed is how many slots before this one were missed and are left to it; see
	// [Coalesce].
	Missed int `json:"missed,omitempty"`
}

// A Schedule is a job that runs by the clock.
type Schedule struct {
	*Job[Slot]

	spec   string
	zone   string
	missed Missed
}

// In sets the time zone of the schedule: "Europe/Berlin".
func (s *Schedule) In(zone string) *Schedule {
	s.zone = zone
	return s
}

// Missed sets what happens to slots at which no process was there. Default: [Coalesce].
func (s *Schedule) Missed(m Missed) *Schedule {
	s.missed = m
	return s
}

// Missed says what happens to the slots of a schedule that nobody was there for.
type Missed int

const (
	// Coalesce runs once, for the last one.
	Coalesce Missed = iota
	// SkipMissed runs for none of them: a slot that is over a minute late is left out.
	SkipMissed
	// CatchUp runs for each of them, in their order, but for no more than the last hundred.
	CatchUp
)
