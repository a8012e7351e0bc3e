package inspect

import (
	"bytes"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// A format is a family of files that begin alike.
type format struct {
	begins func(head []byte) bool
	name   func(c *check) (filesapi.Type, error) // says which type it is
	look   func(c *check) error                  // looks for whatever is wrong with it
}

// formats are those that are known. Text is the last: it has no beginning of its own.
func formats() []format {
	return []format{
		{prefix("\xff\xd8\xff"), always(filesapi.JPEG), lookImage(walkJPEG)},
		{prefix("\x89PNG\r\n\x1a\n"), always(filesapi.PNG), lookImage(walkPNG)},
		{isGIF, always(filesapi.GIF), lookImage(walkGIF)},
		{isWebP, always(filesapi.WebP), lookImage(walkWebP)},
		{prefix("%PDF-"), always(filesapi.PDF), lookPDF},
		{prefix(localMark), nameZIP, lookZIP},
		{prefix(endMark), nameZIP, lookZIP},
		{isMP4, always(filesapi.MP4), lookMP4},
		{isWebM, always(filesapi.WebM), lookWebM},
		{isMP3, always(filesapi.MP3), lookMP3},
		{isText, nameText, lookText},
	}
}

func recognize(head []byte) *format {
	for _, f := range formats() {
		if f.begins(head) {
			return &f
		}
	}
	return nil
}

func prefix(begins string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(begins)) }
}

func always(t filesapi.Type) func(*check) (filesapi.Type, error) {
	return func(*check) (filesapi.Type, error) { return t, nil }
}

func isGIF(head []byte) bool { return prefix("GIF87a")(head) || prefix("GIF89a")(head) }

func isWebP(head []byte) bool {
	return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
}
