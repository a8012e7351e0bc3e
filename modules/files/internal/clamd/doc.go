// Package clamd asks a running clamd, ClamAV's daemon, whether it knows a file.
//
//	scanner := clamd.Scanner{Addr: "127.0.0.1:3310"}
//	answer, err := scanner.Scan(ctx, reader, size)
//
// An error means that nothing is known, and that the scan should be tried again: clamd is
// down, slow, or said what cannot be understood. It is never taken for a good answer. Nor is
// that clamd did not look at all of a file: that is [NotScanned].
//
// clamd says that a file is fine of which it has seen a part: beyond its own limits (MaxScanSize,
// MaxFileSize and others) it looks no further, and only with "AlertExceedsMax yes" in its
// configuration it says so, of some of them; a single large file in an archive it cuts without a
// word. So a [Scanner] takes no file that is larger than clamd's limits, unpacked, for scanned:
// MaxBytes must be no more than StreamMaxLength, MaxFileSize and MaxScanSize. What is within
// documents but archives is not counted.
//
// # Testing
//
// The tests have a clamd of their own, with signatures of their own, where one is installed.
package clamd
