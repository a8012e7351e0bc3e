package picture

import (
	"context"
	"image"
	"math"
)

// shrink returns an image in another size (as it lies), no larger than it is, and upright. Its
// filter is that of Catmull and Rom: sharp, without the ripples of sharper ones. It reads one
// row after the other and holds, beside the result, the few rows of the result that the last
// one touches.
func shrink(ctx context.Context, src image.Image, to image.Point, t turn) (*image.RGBA, error) {
	size := src.Bounds().Size()
	s := &shrinking{row: newRow(src), columns: spans(to.X, size.X), rows: spans(to.Y, size.Y), out: standing(to, t)}
	s.first, s.across, s.down = t.path(to)
	s.wide, s.narrow = make([]float32, 4*size.X), make([]float32, 4*to.X)
	for y := range size.Y {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.take(y)
	}
	return s.out, nil
}

// A shrinking is under way.
type shrinking struct {
	row           *row
	columns, rows []span
	wide, narrow  []float32 // the row of the source, before and after it was shrunk
	next, done    int       // rows of the result from done to before next have begun
	open          [][]float32
	free          [][]float32
	out           *image.RGBA

	first, across, down int // where the pixels of the result go
}

// take adds a row of the source to all rows of the result in which it has a part.
func (s *shrinking) take(y int) {
	s.row.read(y)
	for i, b := range s.row.pixels.Pix {
		s.wide[i] = float32(b)
	}
	narrow(s.wide, s.narrow, s.columns)
	for ; s.next < len(s.rows) && s.rows[s.next].first <= y; s.next++ {
		s.open = append(s.open, s.blank())
	}
	for i, sums := range s.open {
		if part := s.rows[s.done+i]; y < part.end() {
			add(sums, s.narrow, part.weights[y-part.first])
		}
	}
	for len(s.open) > 0 && s.rows[s.done].end() == y+1 {
		s.finish()
	}
}

func (s *shrinking) blank() []float32 {
	if n := len(s.free); n > 0 {
		sums := s.free[n-1]
		s.free = s.free[:n-1]
		clear(sums)
		return sums
	}
	return make([]float32, len(s.narrow))
}

// finish writes the oldest row that has begun.
func (s *shrinking) finish() {
	sums := s.open[0]
	at := s.first + s.done*s.down
	for i := 0; i < len(sums); i += 4 {
		round(s.out.Pix[4*at:4*at+4], sums[i:i+4])
		at += s.across
	}
	s.free, s.open = append(s.free, sums), s.open[1:]
	s.done++
}

// A span is how much of which pixels of a line is in a pixel of a shorter one.
type span struct {
	first   int
	weights []float32 // they sum up to 1
}

func (s span) end() int { return s.first + len(s.weights) }

func spans(short, long int) []span {
	all := make([]span, short)
	scale := float64(long) / float64(short)
	for i := range all {
		middle := (float64(i)+0.5)*scale - 0.5
		from, to := max(0, int(math.Ceil(middle-2*scale))), min(long-1, int(math.Floor(middle+2*scale)))
		weights, sum := make([]float64, to-from+1), 0.0
		for j := range weights {
			weights[j] = catmullRom(math.Abs(float64(from+j)-middle) / scale)
			sum += weights[j]
		}
		all[i] = span{from, make([]float32, len(weights))}
		for j, weight := range weights {
			all[i].weights[j] = float32(weight / sum)
		}
	}
	return all
}

func catmullRom(t float64) float64 {
	switch {
	case t < 1:
		return (1.5*t-2.5)*t*t + 1
	case t < 2:
		return ((-0.5*t+2.5)*t-4)*t + 2
	}
	return 0
}

// narrow shrinks a row of pixels of four values each.
func narrow(from, to []float32, columns []span) {
	for i, c := range columns {
		var r, g, b, a float32
		pixels := from[4*c.first : 4*c.end()]
		for j, w := range c.weights {
			p := pixels[4*j : 4*j+4 : 4*j+4]
			r, g, b, a = r+w*p[0], g+w*p[1], b+w*p[2], a+w*p[3]
		}
		q := to[4*i : 4*i+4 : 4*i+4]
		q[0], q[1], q[2], q[3] = r, g, b, a
	}
}

func add(sums, values []float32, weight float32) {
	values = values[:len(sums)]
	for i := range sums {
		sums[i] += weight * values[i]
	}
}

// round writes a pixel. The filter goes beyond black, white, and what an alpha allows.
func round(pixel []uint8, sums []float32) {
	alpha := min(max(sums[3]+0.5, 0), 255)
	for i := range 3 {
		pixel[i] = uint8(min(max(sums[i]+0.5, 0), alpha))
	}
	pixel[3] = uint8(alpha)
}
