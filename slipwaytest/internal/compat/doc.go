// Package compat finds what would break the subscribers of events between two
// descriptions of them, the one that was committed and the one that the code makes.
//
// Within a major version an event only grows: by fields that may be missing, and by
// values of an enumeration. Two kinds of readers hold it to that. Modules that were
// built before read what is emitted now; and modules that are built now read what was
// emitted before, which waits in queues, and in outboxes for a replay. What neither of
// them would notice is no break: a doc, a bound, the name of a Go type.
package compat
