package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// overlap is how far two pieces of a file reach into one another: further than every mark.
const overlap = 64

func polyglot(format string, args ...any) error {
	return refuse(filesapi.ReasonPolyglot, format, args...)
}

// checkHeadMarks refuses what has the beginning of another type within its first bytes, where
// lenient readers look for it.
func checkHeadMarks(head []byte, pdf bool) error {
	first := head[:min(len(head), 1<<10)]
	if !pdf && bytes.Contains(first, []byte("%PDF-")) {
		return polyglot("the content begins like a PDF as well")
	}
	for _, mark := range []string{"<script", "<html", "<!doctype html", "<iframe", "<?php"} {
		if bytes.Contains(bytes.ToLower(first), []byte(mark)) {
			return polyglot("the content has %q near its beginning", mark)
		}
	}
	return nil
}

// checkMarks reads the whole file for the code of pages and of PHP, wherever it hides: in a
// comment, in what the camera wrote, or among the pixels.
func checkMarks(s *source) error {
	for b, err := range s.pieces(overlap) {
		if err != nil {
			return err
		}
		if mark := findMark(b); mark != "" {
			return polyglot("the content has %q in it, which a server or a browser could run", mark)
		}
	}
	return nil
}

// findMark returns the first mark of code in a piece, or nothing.
func findMark(b []byte) string {
	for at := 0; ; at++ {
		next := bytes.IndexByte(b[at:], '<')
		if next < 0 {
			return ""
		}
		at += next
		if mark := markAt(b[at:]); mark != "" {
			return mark
		}
	}
}

// markAt returns the mark of code that begins here. The short ones need text behind them, for
// among so many pixels each three bytes turn up by chance.
func markAt(b []byte) string {
	b = bytes.ToLower(b[:min(len(b), 16)])
	for _, mark := range []string{"<?php", "<script"} {
		if rest, ok := bytes.CutPrefix(b, []byte(mark)); ok && len(rest) > 0 && bytes.IndexByte([]byte(" \t\r\n\f>/"), rest[0]) >= 0 {
			return mark
		}
	}
	if rest, ok := bytes.CutPrefix(b, []byte("<?=")); ok && printable(rest, 8) {
		return "<?="
	}
	return ""
}

// printable reports whether the first n bytes are characters of ASCII.
func printable(b []byte, n int) bool {
	if len(b) < n {
		return false
	}
	for _, c := range b[:n] {
		if (c < ' ' || c > '~') && c != '\t' && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// The ends of ZIP archives.
const (
	endMark      = "PK\x05\x06"
	end64Mark    = "PK\x06\x06"
	locatorMark  = "PK\x06\x07"
	entryMark    = "PK\x01\x02"
	localMark    = "PK\x03\x04"
	endLen       = 22
	locatorLen   = 20
	maxCommented = endLen + 1<<16
	maxEnds      = 16 // no image has so many by chance, and each is looked into
)

// checkZIPTail refuses what ends like a ZIP archive, which is read from its end: another
// program would open it as one.
func checkZIPTail(s *source) error {
	tail, at, err := s.tail(maxCommented)
	if err != nil {
		return err
	}
	tail = bytes.Clone(tail) // the places that it names are read next
	for i, n := 0, 0; ; i, n = i+1, n+1 {
		next := bytes.Index(tail[i:], []byte(endMark))
		if next < 0 {
			return nil
		}
		i += next
		if found, err := endsZIP(s, tail[i:], at+int64(i)); found || err != nil || n == maxEnds {
			return foundZIP(found || n == maxEnds, err)
		}
	}
}

func foundZIP(found bool, err error) error {
	if err == nil && found {
		return polyglot("the content ends like a ZIP archive")
	}
	return err
}

// endsZIP reports whether the end of an archive is there, and before it the directory that it
// tells of, or at the place that it tells.
func endsZIP(s *source, end []byte, at int64) (bool, error) {
	if len(end) < endLen {
		return false, nil
	}
	size, offset := int64(binary.LittleEndian.Uint32(end[12:])), int64(binary.LittleEndian.Uint32(end[16:]))
	for _, p := range []struct {
		at   int64
		mark string
	}{{at - size, entryMark}, {offset, entryMark}, {at - locatorLen, locatorMark}} {
		b, err := s.upTo(max(0, p.at), len(p.mark))
		if err != nil || string(b) == p.mark {
			return err == nil, err
		}
	}
	return false, nil
}
