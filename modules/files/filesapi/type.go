package filesapi

import (
	"path"
	"slices"
	"strings"
)

// A Type is a media type that module files can tell from others by the content alone.
type Type string

// The types that a profile can admit. SVG and HTML are not among them: they run scripts.
const (
	JPEG Type = "image/jpeg"
	PNG  Type = "image/png"
	GIF  Type = "image/gif"
	WebP Type = "image/webp"
	PDF  Type = "application/pdf"
	Text Type = "text/plain" // in UTF-8
	CSV  Type = "text/csv"   // in UTF-8
	Zip  Type = "application/zip"
	DOCX Type = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XLSX Type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	PPTX Type = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	MP3  Type = "audio/mpeg"
	MP4  Type = "video/mp4"
	WebM Type = "video/webm"
)

// extensions are those that the name of a file of the type may have; the first is the usual.
var extensions = map[Type][]string{
	JPEG: {".jpg", ".jpeg"}, PNG: {".png"}, GIF: {".gif"}, WebP: {".webp"}, PDF: {".pdf"},
	Text: {".txt", ".md", ".log"}, CSV: {".csv"}, Zip: {".zip"}, DOCX: {".docx"}, XLSX: {".xlsx"}, PPTX: {".pptx"},
	MP3: {".mp3"}, MP4: {".mp4", ".m4v"}, WebM: {".webm"},
}

// Known reports whether it is one of the types above.
func (t Type) Known() bool { return extensions[t] != nil }

// IsImage reports whether images of the type can be decoded.
func (t Type) IsImage() bool { return t == JPEG || t == PNG || t == GIF || t == WebP }

// Extensions returns those that the name of such a file may have, the usual one first.
func (t Type) Extensions() []string { return slices.Clone(extensions[t]) }

// Fits reports whether the name has an extension of the type.
func (t Type) Fits(name string) bool {
	return slices.Contains(extensions[t], strings.ToLower(path.Ext(name)))
}
