package telemetry

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// ModuleLevels are the lowest levels that some modules have to themselves. As a text:
// cart=debug,sso=warn.
type ModuleLevels map[string]slog.Level

// Expected says what the setting takes.
func (ModuleLevels) Expected() string {
	return "modules with their levels, such as cart=debug,sso=warn"
}

// UnmarshalText reads cart=debug,sso=warn.
func (m *ModuleLevels) UnmarshalText(text []byte) error {
	levels := ModuleLevels{}
	for pair := range strings.SplitSeq(string(text), ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		module, word, ok := strings.Cut(pair, "=")
		module = strings.TrimSpace(module)
		if !ok || module == "" {
			return fmt.Errorf("%q: expected a module and its level, such as cart=debug", strings.TrimSpace(pair))
		}
		level, err := ParseLevel(strings.TrimSpace(word))
		if err != nil {
			return fmt.Errorf("module %s: %w", module, err)
		}
		levels[module] = level
	}
	*m = levels
	return nil
}

// MarshalText writes what [ModuleLevels.UnmarshalText] reads.
func (m ModuleLevels) MarshalText() ([]byte, error) {
	pairs := make([]string, 0, len(m))
	for _, module := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, module+"="+strings.ToLower(m[module].String()))
	}
	return []byte(strings.Join(pairs, ",")), nil
}

// ParseLevel reads debug, info, warn or error.
func ParseLevel(word string) (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(word)); err != nil {
		return 0, fmt.Errorf("level %q: expected debug, info, warn or error", word)
	}
	return level, nil
}

// Levels are those from which on lines are written: that of the process, and those that
// modules have to themselves. They are changed while the process runs.
type Levels struct {
	settings LogConfig

	mu      sync.Mutex
	changes map[string]*levelChange
	inForce map[string]*slog.LevelVar
}

// A levelChange holds until it is taken back, or for a time.
type levelChange struct {
	level slog.Level
	until time.Time   // zero: until the process ends
	end   *time.Timer // nil: the same
}

// A LevelInForce is the lowest level that is written of a module.
type LevelInForce struct {
	Module string // "" for the process, and for modules that have none to themselves
	Level  slog.Level
	Until  time.Time // when it ends by itself; zero for one that does not
}

func newLevels(cfg LogConfig) *Levels {
	l := &Levels{settings: cfg, changes: map[string]*levelChange{}, inForce: map[string]*slog.LevelVar{}}
	l.of("")
	return l
}

// maxModules bounds the levels that are remembered; whoever logs with more modules
// than that does not mean modules.
const maxModules = 1024

// of returns the level of a module as it is and will be.
func (l *Levels) of(module string) *slog.LevelVar {
	l.mu.Lock()
	defer l.mu.Unlock()
	if v := l.inForce[module]; v != nil {
		return v
	}
	if len(l.inForce) >= maxModules {
		return l.inForce[""]
	}
	v := &slog.LevelVar{}
	v.Set(l.decide(module))
	l.inForce[module] = v
	return v
}

// decide returns what holds for a module: a change, its setting, and the same for the process.
func (l *Levels) decide(module string) slog.Level {
	if c := l.changes[module]; c != nil {
		return c.level
	}
	if level, ok := l.settings.Levels[module]; ok {
		return level
	}
	if c := l.changes[""]; c != nil {
		return c.level
	}
	return l.settings.Level
}

func (l *Levels) apply() {
	for module, v := range l.inForce {
		v.Set(l.decide(module))
	}
}

// Set changes the level of a module, or of the process ("") and so of the modules that
// have none to themselves. After d the settings hold again, and ended is called if it is
// not nil; with 0 the change lasts.
func (l *Levels) Set(module string, level slog.Level, d time.Duration, ended func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(module)
	c := &levelChange{level: level}
	if d > 0 {
		c.until = time.Now().Add(d)
		c.end = time.AfterFunc(d, func() { l.expire(module, c, ended) })
	}
	l.changes[module] = c
	l.apply()
}

func (l *Levels) expire(module string, c *levelChange, ended func()) {
	l.mu.Lock()
	current := l.changes[module] == c
	if current {
		l.forget(module)
		l.apply()
	}
	l.mu.Unlock()
	if current && ended != nil {
		ended()
	}
}

// Reset has the settings hold again.
func (l *Levels) Reset(module string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(module)
	l.apply()
}

func (l *Levels) forget(module string) {
	if c := l.changes[module]; c != nil && c.end != nil {
		c.end.Stop()
	}
	delete(l.changes, module)
}

// All returns the level of the process, and those of modules that have one to themselves,
// by setting or by a change, sorted by name.
func (l *Levels) All() []LevelInForce {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := map[string]bool{"": true}
	for module := range l.settings.Levels {
		names[module] = true
	}
	for module := range l.changes {
		names[module] = true
	}
	var all []LevelInForce
	for _, module := range slices.Sorted(maps.Keys(names)) {
		in := LevelInForce{Module: module, Level: l.decide(module)}
		if c := l.changes[module]; c != nil {
			in.Until = c.until
		}
		all = append(all, in)
	}
	return all
}
