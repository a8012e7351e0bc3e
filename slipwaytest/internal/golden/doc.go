// Package golden compares what a test saw with a file that was committed.
//
//	var goldens golden.Files                      // one for the test process
//	goldens.Exchange(t, t.Name(), exchange)       // testdata/golden/<test>.txt
//	goldens.Text(t, "access.txt", matrix)         // testdata/golden/access.txt
//	func TestMain(m *testing.M) { os.Exit(goldens.Run(m)) }
//
// # Guaranteed
//
//   - A file is written only with SLIPWAY_UPDATE=1, and never where CI is set. A
//     difference and a missing file fail the test, with the command that
//     writes the file.
//   - A file that no test used fails a run of the whole package; with
//     SLIPWAY_UPDATE=1 it is removed. Files whose names begin with a dot are left alone.
//   - One file holds one exchange: two tests that use it for different ones fail.
//     A test that runs twice, as with -count=2, may use its own again.
//   - An exchange is the same text in every run if the answer is the same:
//     UUIDs, times, trace ids, tokens, public keys and the test's own addresses are replaced
//     by names in the order in which they appear, the same value by the same
//     name in request and response. The nil UUID and the zero time stay, since
//     they are mistakes more often than values.
//   - Secrets are hidden as in logs, by telemetry.Redactor, and every value of a cookie.
//
// Bodies of JSON are indented. Their keys stay in the order in which they came,
// which is a part of the answer; numbers keep their digits. Other texts stay as
// they are, but for carriage returns, which are shown as {cr}; of anything
// else there is the length and the hash.
//
// # Not guaranteed
//
// A run does not notice that a test skipped itself, so the files of that test
// count as unused. Random values that are of no known kind differ in every run:
// give the test what it needs to choose them.
package golden
