package revocation

import (
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrCursor is that of a cursor that no answer can have had.
var ErrCursor = errors.New("the cursor is none of ours: send the one of the last answer as it is, or none to begin at the start")

// A position is where a reader is: behind the row of a transaction and a key. Within
// a list of several pages it also holds where the next reading begins once this one
// is through: the oldest transaction that was under way when it began.
type position struct {
	begun string
	xid   string
	key   []byte
}

// String is "begun.xid.key"; at the end of a reading "begun" alone is a position, too.
func (p position) String() string {
	return strings.Join([]string{p.begun, p.xid, hex.EncodeToString(p.key)}, ".")
}

func parse(cursor string) (position, error) {
	parts := strings.Split(cmp.Or(cursor, "0"), ".")
	var err error
	p := position{xid: parts[0], key: []byte{}}
	if len(parts) == 3 {
		p.begun, p.xid = parts[0], parts[1]
		p.key, err = hex.DecodeString(parts[2])
		_, begun := strconv.ParseUint(p.begun, 10, 64)
		err = cmp.Or(err, begun)
	}
	if _, number := strconv.ParseUint(p.xid, 10, 64); err != nil || number != nil || len(parts) == 2 || len(parts) > 3 {
		return position{}, fmt.Errorf("%w (%.100q)", ErrCursor, cursor)
	}
	return p, nil
}
