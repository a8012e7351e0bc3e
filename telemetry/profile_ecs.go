package telemetry

import "log/slog"

func ecsLevel(level slog.Level) string {
	switch level {
	case slog.LevelDebug:
		return "debug"
	case slog.LevelInfo:
		return "info"
	case slog.LevelWarn:
		return "warn"
	case slog.LevelError:
		return "error"
	}
	return level.String()
}

// ecsName returns the name that the schema has for an attribute at the top of a line.
// Most of OpenTelemetry's are the schema's too.
func ecsName(key string) string {
	switch key {
	case "module":
		return "log.logger"
	case ErrorText:
		return "error.message"
	case "causes":
		return "error.type"
	case HTTPResponseBodySize:
		return "http.response.body.bytes"
	case DurationMS:
		return "event.duration" // in nanoseconds
	}
	if isECSField(key) || isECSSet(key) {
		return key + "_"
	}
	return key
}

// isOurECS knows the groups and fields that are the handler's own.
func isOurECS(key string) bool {
	switch key {
	case "ecs", "log", "service", "span", "trace":
		return true
	}
	return isECSField(key)
}

// isECSField knows the fields that the handler writes itself.
func isECSField(key string) bool {
	switch key {
	case "@timestamp", "message", "log.level", "ecs.version", "service.name", "trace.id", "span.id",
		"log.logger", "error.message", "error.type", "http.response.body.bytes", "event.duration":
		return true
	}
	return false
}

// isECSSet knows sets of fields. As a text, one would have Elasticsearch refuse every
// line that has a field of the set, or the other way round, whichever it sees second.
func isECSSet(key string) bool {
	switch key {
	case "agent", "client", "cloud", "container", "data_stream", "destination", "device", "dns", "ecs", "error", "event", "file",
		"group", "host", "http", "labels", "log", "network", "observer", "orchestrator", "organization", "package", "process", "related", "rule",
		"server", "service", "source", "span", "threat", "tls", "trace", "transaction", "url", "user", "user_agent", "vulnerability":
		return true
	}
	return false
}
