// Package inspect says what the content of a file is, and whether it may be kept.
//
//	verdict, err := inspect.Limits{}.Check(ctx, reader, size, "blue-mug.jpg", rules.Types)
//
// It reads what it needs in pieces of up to a mebibyte: the whole of images, texts, PDFs, MP3s
// and of what is packed in a ZIP archive, and of MP4s and WebMs the structure alone. What it
// holds is bounded, whatever the file says of itself: a mebibyte for the file and for each archive
// that is packed in another one, eight of all that is unpacked in these together, the names that
// they list, and little of the rest. It stops when its context ends.
//
// # Guaranteed
//
// Of a file that may be kept:
//
//   - Its type is one of those that are allowed, and fits its name. It is told by the content, and
//     that of a document by what it says of its parts; only CSV is told from other text by the name.
//   - The name has no extension of a program or script at its end, and none of those that servers
//     look for anywhere in it.
//   - It does not begin like a program or a script, in UTF-8 or UTF-16, whatever marks, lines or
//     comments come before.
//   - JPEG, PNG, GIF and WebP are whole, within the bound of pixels, and nothing but zeros comes
//     behind their end (behind a JPEG also the further images that it announces). Nowhere in them
//     is "<?php", "<script" or "<?=" with text behind, nor a PDF or a page in the first kibibyte;
//     their first bytes open no comment of JavaScript.
//   - MP4 and WebM consist of parts, have tracks and content, no attached files, and nothing behind.
//     An MP3 consists of frames and the usual tags.
//   - No file but an archive ends in one: there is no end of a ZIP in the last 64 KiB.
//   - A ZIP archive and a document consist of files, one behind another, about which the directory
//     and the files say the same, in a way that all readers understand alike; none leads out of its
//     directory, none is locked or a link. All was unpacked, within [Limits], which count the bytes
//     that came out, with the archives in it. No file in it begins like a program.
//   - A document has no part of a type, name or content of macros, controls or objects of other
//     programs; no relation to something elsewhere but links, linked images, media and sheets; no
//     field that starts a program, unless another field computes its name; no entities. What is
//     XML in it is in UTF-8.
//   - A PDF has no name of a script, an action that starts something, or a file in it, also if the
//     name is written in numbers or the object is packed, and it is not locked. Objects that are
//     packed are so in the usual way, none within another, and up to 64 MiB together.
//   - A text is UTF-8 without control characters, and has no "<script" or "<?php" in it.
//
// # Not guaranteed
//
// That a file is harmless to every program that opens it.
//
//   - The formulas of a CSV file are not looked at: whoever makes a sheet of it escapes what begins
//     with '=', '+', '-' or '@'.
//   - JavaScript, PowerShell, VBScript and shell scripts without a usual beginning are text, which
//     nothing tells from prose. They are refused by their names. So is a DOS program without a header.
//   - Pixels, sounds and pictures of videos are not decoded, nor are profiles of colours or packed
//     comments of images, nor streams of a PDF but those of objects. What is within a part of an MP4
//     or WebM is not looked at, but for its first kibibyte and the end of the file.
//   - Short names of a PDF (JS, AA, EF, XFA) are not seen where a stream seems to be; what they name
//     has another name that is. Nor is DP there, a short word of some readers for how objects are
//     packed further.
//   - A plain ZIP archive may have scripts in it, old documents without macros, and archives of
//     other kinds (gzip, 7z, rar), which are not looked into. One that has a PDF in it, not packed,
//     near its beginning, is a PDF to some readers.
//   - Good files are refused, too: photos with a video or a trailer of the camera behind them, PDFs
//     with attachments (invoices among them) or with forms that compute, MP3s with noise between
//     their frames or a last frame that is cut, pages of source code with "<script" as text, and one
//     in 65,536 photos and WebPs whose first length looks like a comment.
//
// # What was weighed
//
// github.com/gabriel-vasile/mimetype knows two hundred types by their beginning; there are fourteen
// here, told in a few lines, and whatever follows the beginning is most of the work. The archive/zip
// of the standard library holds a directory of any length, and forgives what other readers
// understand differently, so that archives have a reader of their own here; what is compressed is
// left to the standard library. A library for PDF was not taken: it reads what the table of objects
// names, while other readers look for objects everywhere when that is broken.
package inspect
