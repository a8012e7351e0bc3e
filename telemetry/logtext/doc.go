// Package logtext shows lines of the log to a person: the time, the level, who says what,
// and the rest as key=value. It reads every profile of package telemetry; what is no such
// line passes as it is. Nothing that somebody has sent into the log can steer the terminal.
package logtext
