package s3

// SweepNow is for tests that do not wait a day.
var SweepNow = (*Store).sweepNow
