package disk

import "os"

// earlySize is how much is written before the device begins to take it, in bytes.
const earlySize = 8 << 20

// early writes a file and has the device take it meanwhile, so that little is left for the
// flush at the end, and little is in memory that the device does not have.
type early struct {
	file           *os.File
	written, begun int64
}

func (e *early) Write(b []byte) (int, error) {
	n, err := e.file.Write(b)
	e.written += int64(n)
	if e.written-e.begun >= earlySize {
		begin(e.file, e.begun, e.written-e.begun)
		e.begun = e.written
	}
	return n, err
}
