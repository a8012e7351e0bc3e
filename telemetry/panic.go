package telemetry

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
)

// A PanicError is a panic that was contained: in a request, a job, a call within the
// process, background work. It leads to no other error: a panic with a problem of the
// client's kind is a defect all the same.
type PanicError struct {
	// Value is what panic was called with.
	Value any

	frames []runtime.Frame
}

var _ error = (*PanicError)(nil)

// maxFrames bounds a stack, from where the panic was caught.
const maxFrames = 128

// Panicked returns the error of a panic. It is called where that is recovered, in the
// deferred function itself or beneath it, while its stack is there:
//
//	if p := recover(); p != nil {
//		err = telemetry.Panicked(p)
//	}
func Panicked(value any) *PanicError {
	callers := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	e := &PanicError{Value: value}
	for {
		f, more := frames.Next()
		switch {
		case f.Function == "runtime.gopanic":
			e.frames = nil // what is above has only caught it, or passed it on
		case f.Function != "" && !strings.HasPrefix(f.Function, "runtime."):
			e.frames = append(e.frames, f)
		}
		if !more {
			return e
		}
	}
}

// Frames are those of the code that panicked, which comes first, and of its callers.
func (p *PanicError) Frames() []runtime.Frame { return p.frames }

// said is the value as text. One that is made for that says itself what it is; of any other
// the fields are shown with their names, by which secrets are hidden.
func (p *PanicError) said() string {
	switch p.Value.(type) {
	case error, string, fmt.Stringer:
		return fmt.Sprint(p.Value)
	}
	return fmt.Sprintf("%T %v", p.Value, new(Redactor).Value(p.Value).Any())
}

// Error begins with a line that says what happened and where; below it is the stack.
func (p *PanicError) Error() string {
	var text strings.Builder
	text.WriteString("panic: " + p.said())
	if len(p.frames) > 0 {
		fmt.Fprintf(&text, " at %s:%d", filepath.Base(p.frames[0].File), p.frames[0].Line)
	}
	text.WriteByte('\n')
	for _, f := range p.frames {
		fmt.Fprintf(&text, "%s\n\t%s:%d\n", f.Function, f.File, f.Line)
	}
	return text.String()
}
