package inspect

import (
	"bytes"
	"encoding/binary"
)

// isMP3 reports whether it begins like an MP3: with a tag, or with two frames.
func isMP3(head []byte) bool {
	if len(head) > 10 && string(head[:3]) == "ID3" && head[3] < 0x10 {
		return true
	}
	n := frameLen(head)
	return n > 0 && len(head) > n && (len(head) < n+4 || frameLen(head[n:]) > 0)
}

// lookMP3 walks through all frames, for there is no other way to learn where it ends.
func lookMP3(c *check) error {
	head, err := c.source.upTo(0, headBytes)
	if err != nil {
		return err
	}
	if err := checkHeadMarks(head, false); err != nil {
		return err
	}
	if mark := findMark(head); mark != "" {
		return polyglot("the content has %q in it, which a server or a browser could run", mark)
	}
	if err := walkMP3(c.source); err != nil {
		return err
	}
	return checkZIPTail(c.source)
}

func walkMP3(s *source) error {
	at, err := skipTags(s)
	if err != nil {
		return err
	}
	frames := 0
	for ; at < s.size; frames++ {
		b, err := s.upTo(at, 4)
		if err != nil {
			return err
		}
		n := frameLen(b)
		if n == 0 {
			return endMP3(s, at, frames)
		}
		if int64(n) > s.size-at {
			return brokenOff()
		}
		at += int64(n)
	}
	return enoughFrames(frames)
}

func enoughFrames(n int) error {
	if n < 2 {
		return corrupt("the content is no sound")
	}
	return nil
}

// skipTags returns where the first frame is, behind the tags and their padding.
func skipTags(s *source) (int64, error) {
	at := int64(0)
	for {
		b, err := s.upTo(at, 10)
		if err != nil {
			return 0, err
		}
		if len(b) < 10 || string(b[:3]) != "ID3" {
			return skipZeros(s, at)
		}
		at += 10 + int64(b[6]&0x7f)<<21 + int64(b[7]&0x7f)<<14 + int64(b[8]&0x7f)<<7 + int64(b[9]&0x7f)
		if b[5]&0x10 != 0 {
			at += 10 // the tag's foot
		}
		if at > s.size {
			return 0, brokenOff()
		}
	}
}

func skipZeros(s *source, at int64) (int64, error) {
	for at < s.size {
		b, err := s.piece(at, 1)
		if err != nil {
			return 0, err
		}
		rest := bytes.TrimLeft(b, "\x00")
		if at += int64(len(b) - len(rest)); len(rest) > 0 {
			return at, nil
		}
	}
	return at, nil
}

// endMP3 allows behind the frames the tags that are usual there.
func endMP3(s *source, at int64, frames int) error {
	if err := enoughFrames(frames); err != nil {
		return err
	}
	at, err := skipZeros(s, at)
	if err != nil {
		return err
	}
	b, err := s.upTo(at, 32)
	if err != nil {
		return err
	}
	if bytes.HasPrefix(b, []byte("APETAGEX")) && len(b) == 32 {
		at += 32 + int64(binary.LittleEndian.Uint32(b[12:]))
		b, err = s.upTo(at, 3)
		if err != nil {
			return err
		}
	}
	if at == s.size || s.size-at == 128 && bytes.HasPrefix(b, []byte("TAG")) {
		return nil
	}
	return polyglot("something else than sound is at byte %d", at)
}

// In kilobits for each second: of layer III in MPEG 1, and in MPEG 2 and 2.5.
var (
	rates1  = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	rates2  = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
	samples = [4][3]int{{11025, 12000, 8000}, {}, {22050, 24000, 16000}, {44100, 48000, 32000}}
)

// frameLen returns how long a frame of layer III is, by its head, or 0 if there is none.
func frameLen(b []byte) int {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe6 != 0xe2 {
		return 0
	}
	version, rate, hertz := b[1]>>3&3, b[2]>>4, b[2]>>2&3
	if version == 1 || hertz == 3 {
		return 0
	}
	kilobits, factor := rates2[rate], 72
	if version == 3 {
		kilobits, factor = rates1[rate], 144
	}
	if kilobits == 0 {
		return 0
	}
	return factor*1000*kilobits/samples[version][hertz] + int(b[2]>>1&1)
}
