package postgres

// IsUniqueViolation reports whether err is a violation of a unique constraint:
// of one of those named, or of any.
func IsUniqueViolation(err error, constraint ...string) bool { return false }

// IsUnavailable reports whether err means that the database cannot be reached for now.
func IsUnavailable(err error) bool { return false }
