package ladder

import (
	"context"
	"fmt"
)

// together names all migrations where no single one is meant.
const together = "all migrations together"

// whole goes all the way down and up again, as far as every Down permits. Steps
// that fail one by one would only fail once more.
func (c *climber) whole(ctx context.Context) error {
	if len(c.report.Findings) > 0 {
		c.report.skip(together, "all down and all up comes when every single one goes down and up")
		return nil
	}
	bottom := c.bottom()
	if bottom > 0 {
		f := c.files[bottom-1]
		c.report.skip(together, fmt.Sprintf("all down ends above %s, which is irreversible: %s", f.name, f.reason))
	}
	if err := c.allDown(ctx, bottom); err != nil {
		return err
	}
	if len(c.report.Findings) == 0 {
		if err := c.allUp(ctx, bottom); err != nil {
			return err
		}
	}
	if len(c.report.Findings) > 0 {
		return c.rebuild(ctx, len(c.files))
	}
	return c.rows.fill(ctx, len(c.files), nil)
}

// bottom is how many migrations stay.
func (c *climber) bottom() int {
	n := len(c.files)
	for n > 0 && c.files[n-1].goesDown() {
		n--
	}
	return n
}

func (c *climber) allDown(ctx context.Context, bottom int) error {
	if err := c.rows.fill(ctx, len(c.files), nil); err != nil {
		return err
	}
	for i := len(c.files) - 1; i >= bottom; i-- {
		if err := c.steps.Down(ctx, c.files[i].step); err != nil {
			return c.fails(ctx, err, Finding{
				File: c.files[i].name, Problem: "fails to go down after those above it",
				Remedy: "let its Down work with what the Downs above it leave",
			})
		}
	}
	left, err := take(ctx, c.db)
	c.report.find(afterDown(together, diff(c.states[bottom], left))...)
	return err
}

func (c *climber) allUp(ctx context.Context, bottom int) error {
	for _, f := range c.files[bottom:] {
		if err := c.steps.Up(ctx, f.step); err != nil {
			return c.fails(ctx, err, Finding{
				File: f.name, Problem: "fails to go up again after all went down",
				Remedy: "let the Downs take back all that the Ups make",
			})
		}
	}
	again, err := take(ctx, c.db)
	c.report.find(afterSecondUp(together, diff(c.states[len(c.files)], again))...)
	return err
}
