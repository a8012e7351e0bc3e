package slipway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// levelsPath is where the levels of the log are.
const levelsPath = "/debug/log-levels"

// A moduleLevel is the lowest level that is written of a module, or of the process.
type moduleLevel struct {
	Module string     `json:"module,omitempty"` // "" is the process, and modules that have none to themselves
	Level  string     `json:"level"`            // debug, info, warn, error; "" in a change has the settings hold again
	Until  *time.Time `json:"until,omitempty"`  // when a change ends by itself
}

// levelsAnswer is what holds now.
type levelsAnswer struct {
	Levels []moduleLevel `json:"levels"`
}

// A levelsChange is what shall hold.
type levelsChange struct {
	Levels []moduleLevel `json:"levels"`
	// For is the time after which the settings hold again; 0s is until the process ends.
	// Default: 15m, since a level that somebody forgets fills disks.
	For string `json:"for,omitempty"`
}

const (
	levelChangeTime = 15 * time.Minute
	maxLevelsBody   = 64 << 10
)

func (a *App) levelsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { a.serveLevels(w) })
}

func (a *App) serveLevels(w http.ResponseWriter) {
	answer := levelsAnswer{}
	for _, in := range a.log.Levels().All() {
		l := moduleLevel{Module: in.Module, Level: strings.ToLower(in.Level.String())}
		if !in.Until.IsZero() {
			l.Until = new(in.Until.UTC())
		}
		answer.Levels = append(answer.Levels, l)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // to a client that may have gone
}

func (a *App) changeLevelsHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		changes, d, err := a.levelChanges(r)
		if err != nil {
			api.Fail(w, r, err)
			return
		}
		for _, c := range changes {
			a.changeLevel(r.Context(), c, d)
		}
		a.serveLevels(w)
	})
}

// A levelOrder is a change that has been checked.
type levelOrder struct {
	module string
	level  *slog.Level // nil: that of the settings
}

// levelChanges reads all, and refuses all when one cannot be made.
func (a *App) levelChanges(r *http.Request) ([]levelOrder, time.Duration, error) {
	var change levelsChange
	d := json.NewDecoder(io.LimitReader(r.Body, maxLevelsBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&change); err != nil {
		return nil, 0, problem.BadRequest(`the body is no change of levels: expected JSON such as {"levels":[{"module":"cart","level":"debug"}],"for":"15m"}`).Wrap(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, 0, problem.BadRequest("more follows the JSON of the body; expected one object")
	}
	if len(change.Levels) == 0 {
		return nil, 0, problem.Unprocessable("no level is given").WithField("levels", `expected some, such as [{"module":"cart","level":"debug"}]`)
	}
	var orders []levelOrder
	for i, l := range change.Levels {
		o, err := a.levelOrder(fmt.Sprintf("levels[%d]", i), l)
		if err != nil {
			return nil, 0, err
		}
		orders = append(orders, o)
	}
	lasts, err := change.lasts()
	return orders, lasts, err
}

func (a *App) levelOrder(place string, l moduleLevel) (levelOrder, error) {
	if l.Module != "" && !slices.Contains(a.loggingModules(), l.Module) {
		return levelOrder{}, problem.Unprocessable("module %q is none of this product", l.Module).WithField(place+".module", "expected one of "+strings.Join(a.loggingModules(), ", "))
	}
	if home := a.topology.remote[l.Module].URL; home != nil && !a.topology.hosted[l.Module] {
		return levelOrder{}, problem.Unprocessable("module %s is at work at %s; ask there (log-level --addr %s)", l.Module, home.Redacted(), home.Host)
	}
	if l.Until != nil {
		return levelOrder{}, problem.Unprocessable("the end of a change cannot be given as a time").WithField(place+".until", `expected none; "for" beside the levels says how long they hold`)
	}
	if l.Level == "" {
		return levelOrder{module: l.Module}, nil
	}
	level, err := telemetry.ParseLevel(l.Level)
	if err != nil {
		return levelOrder{}, problem.Unprocessable("%v", err).WithField(place+".level", "expected debug, info, warn or error; empty for that of the settings")
	}
	return levelOrder{l.Module, &level}, nil
}

// lasts returns how long the change holds; 0 is until the process ends.
func (c levelsChange) lasts() (time.Duration, error) {
	if c.For == "" {
		return levelChangeTime, nil
	}
	d, err := time.ParseDuration(c.For)
	if err != nil || d < 0 {
		return 0, problem.Unprocessable("for %q is no time", c.For).WithField("for", "expected a time such as 15m, or 0s for until the process ends")
	}
	return d, nil
}

// changeLevel makes the change, and says in the log who did. That is a warning: it is to be
// seen at any level that is usual.
func (a *App) changeLevel(ctx context.Context, o levelOrder, d time.Duration) {
	logger, of := a.logger.With("module", KitOwner), o.module
	if of == "" {
		of = "the process"
	}
	attrs := []slog.Attr{slog.String("of", of)}
	if p, ok := auth.PrincipalFrom(ctx); ok {
		attrs = append(attrs, slog.String(telemetry.UserID, p.Subject))
	}
	levels := a.log.Levels()
	if o.level == nil {
		levels.Reset(o.module)
		logger.LogAttrs(ctx, slog.LevelWarn, "log level is that of the settings again", attrs...)
		return
	}
	levels.Set(o.module, *o.level, d, func() {
		logger.WarnContext(context.WithoutCancel(ctx), "log level is that of the settings again", "of", of, "after", d.String())
	})
	attrs = append(attrs, slog.String("to", strings.ToLower(o.level.String())), slog.String("for", d.String()))
	logger.LogAttrs(ctx, slog.LevelWarn, "log level changed", attrs...)
}
