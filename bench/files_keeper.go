package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A keeper is a server, in a process of its own, that takes files and gives them back.
type keeper struct {
	*child
	name, addr string
	target     func(parcel) string // where a parcel is sent

	spent map[*racer][]time.Duration
	mu    sync.Mutex
	idle  []*courier
}

func newKeeper(name, addr string, c *child, target func(parcel) string) *keeper {
	return &keeper{child: c, name: name, addr: addr, target: target, spent: map[*racer][]time.Duration{}}
}

func (k *keeper) stop() error {
	for _, c := range k.idle {
		_ = c.Close() // nothing is in flight
	}
	return k.child.stop()
}

// A filed is what a product tells of a file that was sent.
type filed struct {
	ID    string `json:"id"`
	State string `json:"state"`
}

// send sends a parcel as a form.
func (k *keeper) send(ctx context.Context, p parcel) (f filed, err error) {
	answer, err := k.exchange(ctx, p.request(k.target(p)), nil)
	if err != nil || len(answer) == 0 { // the bare one has nothing to say
		return f, err
	}
	return f, json.Unmarshal(answer, &f)
}

// fetch downloads, and looks at nothing but how much it is.
func (k *keeper) fetch(ctx context.Context, path, token string, size int64) error {
	var came counter
	if _, err := k.exchange(ctx, [][]byte{rawRequest(http.MethodGet, path, token, "")}, &came); err != nil {
		return err
	}
	if int64(came) != size {
		return fmt.Errorf("%s has %d bytes, expected %d", path, came, size)
	}
	return nil
}

type counter int64

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

// render sends a photo and waits until all is made of it.
func (k *keeper) render(ctx context.Context, p parcel) error {
	f, err := k.send(ctx, p)
	if err != nil {
		return err
	}
	ask := [][]byte{rawRequest(http.MethodGet, "/files/"+f.ID, newDepotToken(p.owner), "")}
	return errors.Join(poll(ctx, "the photo's variants", func() bool {
		answer, failed := k.exchange(ctx, ask, nil)
		if err = failed; err == nil {
			err = json.Unmarshal(answer, &f)
		}
		return err != nil || f.State != "checked"
	}), err, f.expect("stored"))
}

func (f filed) expect(state string) error {
	if f.State != state {
		return fmt.Errorf("file %s is %s, expected %s", f.ID, f.State, state)
	}
	return nil
}

// exchange sends a request over a connection that is kept. The body of the answer goes to
// the writer, or else is returned.
func (k *keeper) exchange(ctx context.Context, request [][]byte, to io.Writer) ([]byte, error) {
	c, err := k.courier(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := c.exchange(request, to)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.name, errors.Join(err, c.Close()))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	c.rests = time.Now()
	k.idle = append(k.idle, c)
	return answer, nil
}

// restsFor is how long a connection may be kept for later: servers close theirs after two
// minutes.
const restsFor = time.Minute

func (k *keeper) courier(ctx context.Context) (*courier, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for n := len(k.idle); n > 0; n = len(k.idle) {
		c := k.idle[n-1]
		k.idle = k.idle[:n-1]
		if time.Since(c.rests) < restsFor {
			return c, nil
		}
		_ = c.Close() // nothing is in flight
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", k.addr)
	if err != nil {
		return nil, err
	}
	return &courier{Conn: conn, answers: bufio.NewReaderSize(conn, 256<<10)}, nil
}

// A courier is a connection to a keeper, with room for large answers.
type courier struct {
	net.Conn

	answers *bufio.Reader
	rests   time.Time // since when it is idle
}

func (c *courier) exchange(request net.Buffers, to io.Writer) (answer []byte, err error) {
	if err := c.SetDeadline(time.Now().Add(turnLimit)); err != nil {
		return nil, err
	}
	request = slices.Clone(request) // WriteTo takes away what it has sent
	if _, err := request.WriteTo(c.Conn); err != nil {
		return nil, err
	}
	r, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	if ok := r.StatusCode == http.StatusOK || r.StatusCode == http.StatusCreated; ok && to != nil {
		_, err := io.CopyBuffer(to, struct{ io.Reader }{r.Body}, make([]byte, 64<<10))
		return nil, err
	} else if !ok {
		err = fmt.Errorf("the server answered %s", r.Status)
	}
	answer, failed := io.ReadAll(r.Body)
	if err != nil {
		err = fmt.Errorf("%w: %s", err, answer)
	}
	return answer, errors.Join(err, failed)
}

// costing notes the keeper's processor time of each turn.
func (k *keeper) costing(r *racer) *racer {
	do := r.do
	r.do = func(ctx context.Context, n int) error {
		before, err := k.used()
		if err != nil {
			return err
		}
		if err := do(ctx, n); err != nil {
			return err
		}
		after, err := k.used()
		k.spent[r] = append(k.spent[r], (after-before)/time.Duration(n))
		return err
	}
	return r
}

// cpu returns the processor time per piece, of each turn that counts.
func (k *keeper) cpu(r *racer) []time.Duration { return k.spent[r][1:] }

// grows returns how much more memory the process has at most, while something is done, than
// it had before.
func (k *keeper) grows(do func() error) (int64, error) {
	proc := fmt.Sprintf("/proc/%d/", k.cmd.Process.Pid)
	before, err := memoryOf(proc, "VmRSS:")
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(proc+"clear_refs", []byte("5"), 0); err != nil { // the peak begins anew
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	peak, err := memoryOf(proc, "VmHWM:")
	return peak - before, err
}

// memoryOf reads a line of what Linux tells of a process, in bytes.
func memoryOf(proc, name string) (int64, error) {
	b, err := os.ReadFile(proc + "status")
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(b), name)
	figure, _, found := strings.Cut(strings.TrimSpace(after), " kB")
	if !found {
		return 0, fmt.Errorf("%sstatus has no line %s", proc, name)
	}
	kib, err := strconv.ParseInt(figure, 10, 64)
	return kib << 10, err
}
