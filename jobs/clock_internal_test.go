package jobs

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestClock_next(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec, zone, from string
		want             []string
	}{
		"AnOrdinaryNight": {
			"30 2 * * *", "Europe/Berlin", "2026-03-01T00:00:00+01:00",
			[]string{"2026-03-01T02:30:00+01:00", "2026-03-02T02:30:00+01:00"},
		},

		// In Berlin the clock goes from 2:00 to 3:00 on 29 March 2026.
		"LeftOutIsAtTheEndOfTheGap": {
			"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
		},
		"SeveralInTheGapAreOne": {
			"0,15,30 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-29T03:15:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-30T02:00:00+02:00"},
		},
		"EveryHourHasOneLess": {
			"30 * * * *", "Europe/Berlin", "2026-03-29T01:00:00+01:00",
			[]string{"2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"},
		},

		// It goes from 3:00 back to 2:00 on 25 October 2026.
		"ShownTwiceComesTheFirstTime": {
			"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		},
		"BetweenTheTwoIsNotBefore": {
			"30 2 * * *", "Europe/Berlin", "2026-10-25T02:10:00+01:00",
			[]string{"2026-10-26T02:30:00+01:00"},
		},
		"TheHourAfterIsNotDoubled": {
			"0 2,3 * * *", "Europe/Berlin", "2026-10-25T00:00:00+02:00",
			[]string{"2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+01:00", "2026-10-26T02:00:00+01:00"},
		},
		"EveryHourHasOneMore": {
			"30 * * * *", "Europe/Berlin", "2026-10-25T01:45:00+02:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"},
		},
		"EveryFiveMinutesGoOn": {
			"*/30 * * * *", "Europe/Berlin", "2026-10-25T02:45:00+02:00",
			[]string{"2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00"},
		},

		// A gap of half an hour, and one at midnight.
		"HalfAnHour":    {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", []string{"2026-10-04T02:30:00+11:00"}},
		"Midnight":      {"0 0 * * *", "America/Asuncion", "2023-09-30T12:00:00-04:00", []string{"2023-10-01T01:00:00-03:00", "2023-10-02T00:00:00-03:00"}},
		"Every":         {"@every 90s", "UTC", "2026-03-01T00:00:00Z", []string{"2026-03-01T00:01:30Z", "2026-03-01T00:03:00Z"}},
		"Daily":         {"@daily", "Europe/Berlin", "2026-03-28T12:00:00+01:00", []string{"2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"}},
		"InALeapYear":   {"0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
		"ADayOfTheWeek": {"0 9 * * MON", "Asia/Tokyo", "2026-03-01T00:00:00Z", []string{"2026-03-02T09:00:00+09:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := newClock(test.spec, test.zone)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, test.from)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range test.want {
				at = c.next(at)
				got = append(got, at.Format(time.RFC3339))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("it comes at\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// TestClock_next_always looks at each hour of two years in zones with odd rules.
func TestClock_next_always(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca", "Pacific/Apia"} {
		for _, spec := range []string{"30 2 * * *", "*/20 0-4 * * *", "7 * * * *", "59 23 * * SUN"} {
			c, err := newClock(spec, zone)
			if err != nil {
				t.Fatal(err)
			}
			for at := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2027; at = at.Add(time.Hour) {
				next := c.next(at)
				if !next.After(at) {
					t.Fatalf("%s in %s: after %s comes %s", spec, zone, at, next)
				}
				if between := c.next(next.Add(-time.Second)); next.Sub(at) > time.Second && !between.Equal(next) {
					t.Fatalf("%s in %s: after %s comes %s, and a second before that %s", spec, zone, at, next, between)
				}
			}
		}
	}
}

func TestNewClock_refuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ spec, zone, want string }{
		{"", "UTC", "expected five fields"},
		{"* * * *", "UTC", "expected five fields"},
		{"61 * * * *", "UTC", "expected five fields"},
		{"0 0 0 * * *", "UTC", "expected five fields"},
		{"@often", "UTC", "expected five fields"},
		{"CRON_TZ=Europe/Berlin 0 3 * * *", "UTC", "set the time zone with In"},
		{"TZ=", "UTC", "set the time zone with In"},
		{"0 0 30 2 *", "UTC", "never comes"},
		{", * * * *", "UTC", "never comes"},
		{"@daily", "Berlin", "expected a name such as Europe/Berlin"},
		{"@daily", "Local", "expected a name such as Europe/Berlin"},
	} {
		_, err := newClock(test.spec, test.zone)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("newClock(%q, %q) = %v, want an error with %q", test.spec, test.zone, err, test.want)
		}
	}
}

func TestSchedule_due(t *testing.T) {
	t.Parallel()
	c, err := newClock("*/5 * * * *", "UTC")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		missed Missed
		late   time.Duration
		want   []Slot
	}{
		"NotYet":              {Coalesce, -time.Second, nil},
		"OnTime":              {Coalesce, time.Second, []Slot{{At: noon}}},
		"Coalesced":           {Coalesce, 12 * time.Minute, []Slot{{At: noon.Add(10 * time.Minute), Missed: 2}}},
		"SkippedButForTheNew": {SkipMissed, 10*time.Minute + 30*time.Second, []Slot{{At: noon.Add(10 * time.Minute)}}},
		"AllSkipped":          {SkipMissed, 12 * time.Minute, nil},
		"CaughtUp":            {CatchUp, 12 * time.Minute, []Slot{{At: noon}, {At: noon.Add(5 * time.Minute)}, {At: noon.Add(10 * time.Minute)}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := noon.Add(test.late)
			got, following := (&Schedule{missed: test.missed}).due(c, noon, now)
			if !slices.Equal(got, test.want) {
				t.Errorf("due() = %v, want %v", got, test.want)
			}
			if !following.After(now) || following.Sub(now) > 5*time.Minute {
				t.Errorf("and then %s after %s", following, now)
			}
		})
	}

	t.Run("CaughtUpIsBounded", func(t *testing.T) {
		t.Parallel()
		now := noon.AddDate(0, 1, 0)
		got, _ := (&Schedule{missed: CatchUp}).due(c, noon, now)
		if len(got) != maxCatchUp || !got[maxCatchUp-1].At.Equal(now) {
			t.Errorf("%d slots up to %s, want the last %d", len(got), got[len(got)-1].At, maxCatchUp)
		}
	})

	t.Run("YearsAreTakenInPieces", func(t *testing.T) {
		t.Parallel()
		s, next, now, pieces := &Schedule{}, noon, noon.AddDate(2, 0, 0), 0
		for ; !next.After(now); pieces++ {
			_, next = s.due(c, next, now)
		}
		if pieces < 2 || pieces > 5 {
			t.Errorf("two years were %d pieces, want a few", pieces)
		}
	})
}
