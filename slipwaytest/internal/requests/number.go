package requests

import (
	"math"

	"github.com/danielgtaylor/huma/v2"
	"pgregory.net/rapid"
)

// integer draws from all that the schema admits, often at the edges.
func (g *generator) integer(s *huma.Schema) any {
	least, most := integerBounds(s)
	if most < least {
		return least // no value fits, and the caller will say so
	}
	step := int64(1)
	if s.MultipleOf != nil && *s.MultipleOf >= 1 {
		step = int64(*s.MultipleOf)
	}
	return multiple(g.integerBetween(least, most), step, least)
}

func (g *generator) integerBetween(least, most int64) int64 {
	edges := []int64{max(least, min(most, 1)), least, most, max(least, min(most, 0)), max(least, min(most, -1))}
	if g.plain {
		return edges[0]
	}
	if g.sometimes() {
		return rapid.SampledFrom(edges).Draw(g.t, "edge")
	}
	return rapid.Int64Range(least, most).Draw(g.t, "integer")
}

// multiple returns the multiple of step at or below n, or the first above least.
func multiple(n, step, least int64) int64 {
	n -= n % step
	if n < least {
		n += step
	}
	return n
}

func integerBounds(s *huma.Schema) (least, most int64) {
	least, most = math.MinInt64, math.MaxInt64
	if s.Format == "int32" {
		least, most = math.MinInt32, math.MaxInt32
	}
	lower, upper := bounds(s)
	if s.ExclusiveMinimum != nil && lower == math.Trunc(lower) {
		lower++
	}
	if s.ExclusiveMaximum != nil && upper == math.Trunc(upper) {
		upper--
	}
	if lower > float64(least) {
		least = int64(math.Ceil(lower))
	}
	if upper < float64(most) {
		most = int64(math.Floor(upper))
	}
	return least, most
}

// bounds returns the bounds that a schema names, exclusive or not.
func bounds(s *huma.Schema) (lower, upper float64) {
	lower, upper = math.Inf(-1), math.Inf(1)
	for _, b := range []*float64{s.Minimum, s.ExclusiveMinimum} {
		if b != nil {
			lower = max(lower, *b)
		}
	}
	for _, b := range []*float64{s.Maximum, s.ExclusiveMaximum} {
		if b != nil {
			upper = min(upper, *b)
		}
	}
	return lower, upper
}

// number draws a float64; with multipleOf a multiple of it.
func (g *generator) number(s *huma.Schema) any {
	lower, upper := bounds(s)
	// Beyond what JSON's readers hold nobody promises anything.
	const far = 1e300
	lower, upper = max(lower, -far), min(upper, far)
	if upper < lower {
		return lower
	}
	n := g.numberBetween(lower, upper)
	if s.MultipleOf != nil && *s.MultipleOf > 0 {
		n = math.Floor(n / *s.MultipleOf) * *s.MultipleOf
	}
	if n == 0 {
		return 0.0 // -0 is no other number
	}
	return n
}

func (g *generator) numberBetween(lower, upper float64) float64 {
	edges := []float64{max(lower, min(upper, 1)), lower, upper, max(lower, min(upper, 0)), max(lower, min(upper, 0.1))}
	if g.plain {
		return edges[0]
	}
	if g.sometimes() {
		return rapid.SampledFrom(edges).Draw(g.t, "edge")
	}
	return rapid.Float64Range(lower, upper).Draw(g.t, "number")
}
