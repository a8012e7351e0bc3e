// Package jobs runs a module's work that nobody waits for: jobs that events trigger,
// that the module enqueues, and that the clock starts.
package jobs
