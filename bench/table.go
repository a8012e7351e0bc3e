package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// A table prints its lines as they are known: a run takes a minute, and nobody
// likes to look at nothing.
type table struct {
	out    io.Writer
	missed int
}

func newTable(out io.Writer) *table { return &table{out: out} }

const (
	nameWidth   = 58
	figureWidth = 14
)

func (t *table) section(title string) {
	t.printf("\n%s\n%s\n", title, strings.Repeat("-", nameWidth+2*figureWidth))
}

func (t *table) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, format, args...) // nobody may be looking any more
}

// row prints a figure that has no target.
func (t *table) row(name, figure string) { t.target(name, figure, "", true) }

// note prints a line of text.
func (t *table) note(format string, args ...any) { t.printf("  "+format+"\n", args...) }

func (t *table) target(name, figure, target string, met bool) {
	if !met {
		t.missed++
		target += "  MISSED"
	}
	t.printf("  %-*s%*s   %s\n", nameWidth-2, name, figureWidth, figure, target)
}

// atLeast prints a ratio that should not be smaller.
func (t *table) atLeast(name string, ratio, least float64) {
	t.target(name, fmt.Sprintf("%.2f", ratio), fmt.Sprintf("≥ %.2f", least), round2(ratio) >= least)
}

// atMost prints a ratio that should not be larger.
func (t *table) atMost(name string, ratio, most float64) {
	t.target(name, fmt.Sprintf("%.2f", ratio), fmt.Sprintf("≤ %.2f", most), round2(ratio) <= most)
}

func (t *table) ratio(name string, ratio float64) { t.row(name, fmt.Sprintf("%.2f", ratio)) }

// within prints a duration that should not be longer.
func (t *table) within(name string, d, most time.Duration) {
	t.target(name, readable(d), "≤ "+readable(most), d <= most)
}

func (t *table) duration(name string, d time.Duration) { t.row(name, readable(d)) }

func (t *table) end() {
	if t.missed == 0 {
		t.printf("\nEvery target is met.\n")
		return
	}
	t.printf("\n%d missed. On a busy machine measure again before you believe it.\n", t.missed)
}

func round2(f float64) float64 { return math.Round(f*100) / 100 }

func readable(d time.Duration) string {
	switch {
	case d < 10*time.Microsecond:
		return fmt.Sprintf("%.2f µs", float64(d)/float64(time.Microsecond))
	case d < time.Millisecond:
		return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func median[T int64 | float64 | time.Duration](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// quickest is the figure for an absolute time: what else the machine does can
// only add to it.
func quickest(all []time.Duration) time.Duration { return slices.Min(all) }

// slowest is the figure for a time in which something must have happened.
func slowest(all []time.Duration) time.Duration { return slices.Max(all) }

// ratioOf returns the median of the turns' ratios: the two of one turn were
// measured next to each other.
func ratioOf(over, under []time.Duration) float64 {
	ratios := make([]float64, len(over))
	for i := range over {
		ratios[i] = float64(over[i]) / float64(under[i])
	}
	return median(ratios)
}
