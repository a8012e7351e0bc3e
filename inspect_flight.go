package slipway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/trace"
	"sync"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// maxFlight bounds the memory of the last seconds, in bytes; the runtime takes it for a
// hint.
const maxFlight = 16 << 20

// A flight is the runtime's memory of the last seconds: what every goroutine did, for the
// moment after something was slow. One can be on in a process.
type flight struct {
	mu       sync.Mutex
	recorder *trace.FlightRecorder // nil: off
}

func (f *flight) start(age time.Duration) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.recorder != nil {
		return problem.Conflict("the flight recorder is on; GET /debug/flight has what it remembers").WithCode("flight_on")
	}
	r := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: age, MaxBytes: maxFlight})
	if err := r.Start(); err != nil {
		return problem.Conflict("the flight recorder cannot begin: another one of this process is on").WithCode("flight_on").Wrap(err)
	}
	f.recorder = r
	return nil
}

func (f *flight) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.recorder != nil {
		f.recorder.Stop()
		f.recorder = nil
	}
}

// end is stop for whoever expects it to be on.
func (f *flight) end() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.recorder == nil {
		return flightOff()
	}
	f.recorder.Stop()
	f.recorder = nil
	return nil
}

// snapshot is what it remembers, for whoever has a slow line to take at their leisure: it
// must not end while the recorder is read.
func (f *flight) snapshot() ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.recorder == nil {
		return nil, flightOff()
	}
	var b flightBuffer
	if _, err := f.recorder.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("read what the flight recorder remembers: %w", err)
	}
	return b.bytes, nil
}

func flightOff() *problem.Error {
	return problem.Conflict("the flight recorder is off; POST /debug/flight begins, and SLIPWAY_FLIGHT_RECORDER=10s has it on from the start").WithCode("flight_off")
}

// A flightBuffer takes no more than the memory that a snapshot may cost.
type flightBuffer struct{ bytes []byte }

func (b *flightBuffer) Write(p []byte) (int, error) {
	if most := 4 * maxFlight; len(b.bytes)+len(p) > most {
		return 0, fmt.Errorf("it is more than %d bytes; ask for fewer seconds", most)
	}
	b.bytes = append(b.bytes, p...)
	return len(p), nil
}

// record is on while f runs, if the settings say so.
func (a *App) record(ctx context.Context, f func(context.Context) error) error {
	defer a.flight.stop() // somebody may have begun meanwhile
	if age := a.settings.process.FlightRecorder; age > 0 {
		if err := a.flight.start(age); err != nil {
			return fmt.Errorf("SLIPWAY_FLIGHT_RECORDER=%s: %w", age, errors.Unwrap(err))
		}
	}
	return f(ctx)
}

// flightSeconds is how far back it remembers, if nobody says.
const flightSeconds = 10

func (a *App) flightStart() http.Handler {
	return problemHandler(func(w http.ResponseWriter, r *http.Request) error {
		age, err := seconds(r, flightSeconds)
		if err != nil {
			return err
		}
		if err := a.flight.start(age); err != nil {
			return err
		}
		a.logger.InfoContext(r.Context(), "flight recorder begun", "seconds", age.Seconds())
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

func (a *App) flightStop() http.Handler {
	return problemHandler(func(w http.ResponseWriter, r *http.Request) error {
		if err := a.flight.end(); err != nil {
			return err
		}
		a.logger.InfoContext(r.Context(), "flight recorder ended")
		w.WriteHeader(http.StatusNoContent)
		return nil
	})
}

// flightSnapshot sends what is remembered; the recorder goes on.
func (a *App) flightSnapshot() http.Handler {
	return problemHandler(func(w http.ResponseWriter, _ *http.Request) error {
		release, err := a.turns.take("a snapshot of the flight recorder")
		if err != nil {
			return err
		}
		defer release()
		snapshot, err := a.flight.snapshot()
		if err != nil {
			return err
		}
		a.attach(w, "flight.trace")
		_, _ = w.Write(snapshot) // the client may be gone
		return nil
	})
}
