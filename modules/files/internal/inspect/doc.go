// Package inspect says what the content of a file is, and whether it may be kept.
//
//	verdict, err := inspect.Limits{}.Check(ctx, reader, size, "blue-mug.jpg", rules.Types)
//
// It reads what it needs in pieces of up to a mebibyte: the whole of images, texts, PDFs, MP3s
// and of what is packed in a ZIP archive, and of videos the structure alone. It holds no more
// than a few mebibytes, whatever the file says of itself, and stops when its context ends.
package inspect
