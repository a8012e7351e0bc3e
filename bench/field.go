package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// A pythonist is a side that is written in Python. It is told how many to publish or
// to consume, and answers when it has, so that its start is not measured.
type pythonist struct {
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	answers *bufio.Reader
	said    strings.Builder
}

// Debian's Python, which has Debian's packages.
const python = "/usr/bin/python3"

// havePython installs what the Python sides need, or says why they stay away.
func havePython(ctx context.Context) error {
	c := exec.CommandContext(ctx, "sh", "scripts/setup.sh", "bench-python")
	c.Dir, c.Stderr = "..", os.Stderr
	if err := c.Run(); err != nil {
		return errors.New("aio-pika and Celery are not here and could not be installed")
	}
	return nil
}

func startPythonist(ctx context.Context, program, url, queue string) (*pythonist, error) {
	p := &pythonist{cmd: exec.CommandContext(ctx, python, "-W", "ignore", program)} //nolint:gosec // ours
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.answers = bufio.NewReader(stdout)
	p.cmd.Stderr = &p.said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	order := map[string]any{
		"url": url, "exchange": exchange, "queue": queue, "arguments": queueArguments, "batch": batch, "body": body, "headers": headers(""),
	}
	if err := p.tell(order, "ready"); err != nil {
		return nil, fmt.Errorf("start %s: %w", program, errors.Join(err, p.close()))
	}
	return p, nil
}

func (p *pythonist) tell(order any, answer string) error {
	if s, ok := order.(string); ok {
		if _, err := io.WriteString(p.stdin, s+"\n"); err != nil {
			return err
		}
	} else if err := json.NewEncoder(p.stdin).Encode(order); err != nil {
		return err
	}
	got, err := p.answers.ReadString('\n')
	if err != nil {
		return err
	}
	if got = strings.TrimSpace(got); got != answer {
		return fmt.Errorf("it answered %q, not %q", got, answer)
	}
	return nil
}

func (p *pythonist) turn(what string) func(ctx context.Context, n int) error {
	return func(_ context.Context, n int) error { return p.tell(fmt.Sprint(what, " ", n), "done") }
}

// close ends the program; what it said matters only if it failed.
func (p *pythonist) close() error {
	err := errors.Join(p.stdin.Close(), p.cmd.Wait())
	if err != nil {
		return fmt.Errorf("%w; it said:\n%s", err, p.said.String())
	}
	return nil
}

// A rival publishes and consumes over the same broker.
type rival struct {
	publish, consume *racer
	close            func() error
}

// field opens everybody who came. The Python sides may stay away, with a note why.
func field(ctx context.Context, url string, t *table) (rivals []rival, err error) {
	m, err := openMill(url, "bench.watermill")
	if err != nil {
		return nil, fmt.Errorf("open watermill: %w", err)
	}
	rivals = append(rivals, rival{
		&racer{name: "watermill-amqp v3.0.1", n: 1000, do: func(_ context.Context, n int) error { return m.publish(n, batch) }},
		&racer{n: 1000, do: m.consume}, m.close,
	})
	if err := havePython(ctx); err != nil {
		t.note("Left out: %v.", err)
		return rivals, nil
	}
	for _, side := range []struct {
		name, program string
		n             int
	}{{"aio-pika 8.2.5", "field_aiopika.py", 2000}, {"Celery 5.2.6", "field_celery.py", 500}} {
		p, err := startPythonist(ctx, side.program, url, "bench."+strings.TrimSuffix(side.program, ".py"))
		if err != nil {
			return nil, errors.Join(err, closeField(rivals))
		}
		rivals = append(rivals, rival{
			&racer{name: side.name, n: side.n, do: p.turn("publish")}, &racer{n: side.n, do: p.turn("consume")}, p.close,
		})
	}
	return rivals, nil
}

func closeField(rivals []rival) (err error) {
	for _, r := range rivals {
		err = errors.Join(err, r.close())
	}
	return err
}
