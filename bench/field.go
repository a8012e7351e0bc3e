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
	name             string
	publish, consume *racer
	close            func() error
}

func bareRival(url string) (*rival, error) {
	l, err := openAMQP(url, "bench.bare")
	if err != nil {
		return nil, err
	}
	publish := &racer{name: "bare amqp091-go", n: fieldEvents, do: func(ctx context.Context, n int) error { return l.publish(ctx, n, batch) }}
	consume := &racer{name: "bare amqp091-go", n: fieldEvents, do: func(ctx context.Context, n int) error { return l.consume(ctx, n, batch) }}
	return &rival{"bare amqp091-go", publish, consume, l.close}, nil
}

func millRival(url string) (*rival, error) {
	m, err := openMill(url, "bench.watermill")
	if err != nil {
		return nil, fmt.Errorf("open watermill: %w", err)
	}
	const name, n = "watermill-amqp v3.0.1", 2000
	publish := &racer{name: name, n: n, do: func(_ context.Context, n int) error { return m.publish(n, batch) }}
	return &rival{name, publish, &racer{name: name, n: n, do: m.consume}, m.close}, nil
}

func pythonRival(ctx context.Context, url, name, program string, n int) (*rival, error) {
	p, err := startPythonist(ctx, program, url, "bench."+strings.TrimSuffix(program, ".py"))
	if err != nil {
		return nil, err
	}
	turn := func(what string) *racer { return &racer{name: name, n: n, do: p.turn(what)} }
	return &rival{name, turn("publish"), turn("consume"), p.close}, nil
}

// openField opens the others. The Python sides may stay away, with a note why.
func openField(ctx context.Context, url string, t *table) ([]*rival, error) {
	open := []func() (*rival, error){func() (*rival, error) { return millRival(url) }}
	if err := havePython(ctx); err != nil {
		t.note("Left out: %v.", err)
	} else {
		open = append(open,
			func() (*rival, error) { return pythonRival(ctx, url, "aio-pika of Debian", "field_aiopika.py", 2000) },
			func() (*rival, error) { return pythonRival(ctx, url, "Celery of Debian", "field_celery.py", 500) })
	}
	var rivals []*rival
	for _, o := range open {
		r, err := o()
		if err != nil {
			return rivals, err
		}
		rivals = append(rivals, r)
	}
	return rivals, nil
}

func closeField(rivals []*rival) (err error) {
	for _, r := range rivals {
		err = errors.Join(err, r.close())
	}
	return err
}
