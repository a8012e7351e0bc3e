package picture

import "encoding/binary"

// exifPrefix begins the segment of a JPEG in which a camera tells about itself; behind it is
// a little TIFF file.
const exifPrefix = "Exif\x00\x00"

const (
	tagOrientation = 0x0112
	typeShort      = 3
	entryBytes     = 12
)

// exifTurn reads how the camera was held, from a TIFF file of up to 64 KB. What cannot be
// read, or says nothing that is known, is upright.
func exifTurn(tiff []byte) turn {
	order := byteOrder(tiff)
	if order == nil || len(tiff) < 8 || order.Uint16(tiff[2:]) != 42 {
		return upright
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return upright
	}
	entries := tiff[at+2:]
	for range order.Uint16(tiff[at:]) {
		if len(entries) < entryBytes {
			break
		}
		if order.Uint16(entries) == tagOrientation {
			return turnOf(order, entries)
		}
		entries = entries[entryBytes:]
	}
	return upright
}

func byteOrder(tiff []byte) binary.ByteOrder {
	switch {
	case hasPrefix(tiff, "II"):
		return binary.LittleEndian
	case hasPrefix(tiff, "MM"):
		return binary.BigEndian
	}
	return nil
}

// turnOf reads an entry: its tag, its type, how many there are, and the first of them.
func turnOf(order binary.ByteOrder, entry []byte) turn {
	if order.Uint16(entry[2:]) != typeShort || order.Uint32(entry[4:]) != 1 {
		return upright
	}
	if t := turn(order.Uint16(entry[8:])); t >= upright && t <= last {
		return t
	}
	return upright
}
