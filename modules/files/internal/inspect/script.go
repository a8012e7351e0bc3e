package inspect

import (
	"bytes"
	"strings"
	"unicode/utf16"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// The beginnings of scripts, in lower case, behind whatever white space there may be.
var scriptHeads = []string{
	"#!", "<?php", "<?=", "<%", "<script", "<!doctype html", "<html", "<head", "<body", "<iframe", "<svg", "<!doctype svg",
	"<hta:", "<job", "<package", "<scriptlet", "<xsl:", "<xhtml",
	"@echo off", "@echo  off", "@if ", "@setlocal", "@powershell", "@rem ", "#requires ", "function main(", "%!ps",
	"[desktop entry]", "[internetshortcut]", "[autorun]", "[shell]", "windows registry editor", "regedit4",
	"on error resume next", "option explicit", "set-executionpolicy", "import-module ", "{\\rtf1",
}

// checkScriptHead refuses what begins like a script, in UTF-8 or UTF-16, with or without a
// mark of the byte order, white space, an XML declaration or a comment before it.
func checkScriptHead(head []byte) error {
	text := lead(head)
	for _, begins := range scriptHeads {
		if strings.HasPrefix(text, begins) {
			return refuse(filesapi.ReasonScript, "the content begins like a script: %q", begins)
		}
	}
	if strings.HasPrefix(text, "<") && hasMarkup(text) {
		return refuse(filesapi.ReasonScript, "the content is a page that can run scripts")
	}
	return nil
}

// lead returns the beginning of a text in lower case, without what may stand before it.
func lead(head []byte) string {
	text := strings.ToLower(string(decode16(head[:min(len(head), 4<<10)])))
	for {
		rest := strings.TrimLeft(text, " \t\r\n\f\v\x00\ufeff\u00a0\u2028\u2029\u0085")
		if strings.HasPrefix(rest, "<?xml") || strings.HasPrefix(rest, "<!--") {
			rest = behind(rest, ">")
		}
		if rest == text {
			return text
		}
		text = rest
	}
}

// behind returns what comes after the first occurrence of a mark, or nothing.
func behind(text, mark string) string {
	_, after, _ := strings.Cut(text, mark)
	return after
}

// decode16 returns a text in UTF-8 where the beginning says that it is in UTF-16, and else as
// it is.
func decode16(b []byte) []byte {
	little := bytes.HasPrefix(b, []byte("\xff\xfe")) || len(b) > 3 && b[0] != 0 && b[1] == 0 && b[3] == 0
	big := bytes.HasPrefix(b, []byte("\xfe\xff")) || len(b) > 3 && b[0] == 0 && b[1] != 0 && b[2] == 0
	if !little && !big {
		return b
	}
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		low, high := b[i], b[i+1]
		if big {
			low, high = high, low
		}
		units = append(units, uint16(low)|uint16(high)<<8)
	}
	return []byte(string(utf16.Decode(units)))
}

// hasMarkup reports whether a text, in lower case, has what makes a browser run scripts.
func hasMarkup(text string) bool {
	for _, mark := range []string{"<script", "<html", "<!doctype html", "<svg", "<iframe", "<body", "<object", "<embed", "javascript:", "onload=", "onerror=", "<!entity"} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}
