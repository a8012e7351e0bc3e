package clamd

import (
	"bufio"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// A Scanner asks one clamd. The zero value needs an address.
type Scanner struct {
	// Addr is where clamd listens: "host:port", or the path of a socket, which begins with '/'.
	Addr string
	// MaxBytes bounds what is sent, and what it becomes when it is unpacked; a larger file is not
	// scanned. Default: 100 MiB, which is StreamMaxLength and MaxFileSize of clamd 1.x.
	MaxBytes int64
	// Patience bounds how long clamd may take to accept a connection, to take in a piece, and
	// to answer when it has all. Default: 2m.
	Patience time.Duration
}

// An Answer is what clamd says of a file.
type Answer struct {
	Finding Finding
	Detail  string // the name of what was found, or why the file was not scanned
}

// A Finding is a kind of answer.
type Finding string

// The findings.
const (
	Clean      Finding = "clean"       // clamd knows nothing bad of it
	Infected   Finding = "infected"    // clamd knows it
	NotScanned Finding = "not_scanned" // clamd has not looked at all of it, and never will
)

// piece is how much is sent at once, in bytes.
const piece = 256 << 10

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 4 << 10

// Scan sends a file of a size in bytes, which becomes so many when all in it is unpacked, and
// returns the answer. Every error may pass.
func (s Scanner) Scan(ctx context.Context, r io.Reader, size, unpacked int64) (Answer, error) {
	if most, has := cmp.Or(s.MaxBytes, 100<<20), max(size, unpacked); has > most {
		return Answer{NotScanned, fmt.Sprintf("it has %d bytes, with what is packed in it, and up to %d are scanned", has, most)}, nil
	}
	answer, err := s.ask(ctx, r, size)
	if err != nil {
		return Answer{}, fmt.Errorf("scan with clamd at %s: %w", s.Addr, err)
	}
	return parse(answer)
}

// ask has a conversation: one command, the content in pieces, one answer.
func (s Scanner) ask(ctx context.Context, r io.Reader, size int64) (string, error) {
	c, err := s.dial(ctx)
	if err != nil {
		return "", err
	}
	defer c.Close()
	// The end of the context ends whatever the connection waits for.
	defer context.AfterFunc(ctx, func() { _ = c.Conn.Close() })()
	answer, err := c.converse(r, size)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return answer, err
}

func (s Scanner) dial(ctx context.Context) (conn, error) {
	network := "tcp"
	if strings.HasPrefix(s.Addr, "/") {
		network = "unix"
	}
	patience := cmp.Or(s.Patience, 2*time.Minute)
	c, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, network, s.Addr)
	return conn{c, patience}, err
}

// A conn is a connection each of whose steps has its time.
type conn struct {
	net.Conn
	patience time.Duration
}

func (c conn) converse(r io.Reader, size int64) (string, error) {
	sent := c.send(r, size)
	if _, ours := errors.AsType[*sourceError](sent); ours {
		return "", sent
	}
	// It answers before it has everything where it wants no more, and hangs up.
	answer, err := c.answer()
	if err != nil {
		return "", errors.Join(sent, err)
	}
	if sent != nil && strings.HasSuffix(answer, ": OK") {
		return "", fmt.Errorf("it said %q before it had everything: %w", answer, sent)
	}
	return answer, nil
}

// A sourceError says that the file could not be read.
type sourceError struct{ err error }

// Error implements error.
func (e *sourceError) Error() string { return "read the file: " + e.err.Error() }

// Unwrap returns what failed.
func (e *sourceError) Unwrap() error { return e.err }

// send sends the command and the content.
func (c conn) send(r io.Reader, size int64) error {
	if err := c.write([]byte("zINSTREAM\x00")); err != nil {
		return err
	}
	buffer := make([]byte, 4+min(piece, max(size, 1)))
	sent := int64(0)
	for {
		n, err := io.ReadFull(r, buffer[4:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return &sourceError{err}
		}
		sent += int64(n)
		binary.BigEndian.PutUint32(buffer, uint32(n)) //nolint:gosec // no longer than the buffer
		if werr := c.write(buffer[:4+n]); werr != nil {
			return werr
		}
		if n == 0 {
			return whole(sent, size)
		}
	}
}

// whole returns an error if a file was not as long as its store said.
func whole(sent, size int64) error {
	if sent != size {
		return &sourceError{fmt.Errorf("it has %d bytes, and %d were expected: %w", sent, size, io.ErrUnexpectedEOF)}
	}
	return nil
}

func (c conn) write(b []byte) error {
	if err := c.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
		return err
	}
	_, err := c.Write(b)
	return err
}

// answer reads up to the zero that ends it.
func (c conn) answer() (string, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.patience)); err != nil {
		return "", err
	}
	answer, err := bufio.NewReader(io.LimitReader(c, maxAnswer)).ReadString(0)
	if errors.Is(err, io.EOF) {
		return "", fmt.Errorf("the answer ends early: %.100q", answer)
	}
	return strings.TrimSuffix(answer, "\x00"), err
}

// parse understands an answer, word for word.
func parse(answer string) (Answer, error) {
	found, isFound := strings.CutSuffix(answer, " FOUND")
	found, ofStream := strings.CutPrefix(found, "stream: ")
	switch {
	case answer == "stream: OK":
		return Answer{Finding: Clean}, nil
	case isFound && ofStream && strings.Contains(found, "Limits.Exceeded"):
		return Answer{NotScanned, "it is beyond what clamd looks into: " + found}, nil
	case isFound && ofStream && found != "":
		return Answer{Infected, found}, nil
	case answer == "INSTREAM size limit exceeded. ERROR":
		return Answer{NotScanned, "it is larger than what clamd takes"}, nil
	}
	return Answer{}, fmt.Errorf("clamd answered %.200q, which says nothing of the file", answer)
}
