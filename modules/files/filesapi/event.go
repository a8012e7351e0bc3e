package filesapi

import "github.com/slipway-go/slipway/events"

// The events. Each tells the whole file, so that its module, which knows it by
// [Profile.Has], need not ask.
var (
	// Stored is emitted once for each file that passed all checks.
	Stored = events.Define[File](Module, "stored", 1, "A file has passed all checks and can be downloaded.").Key("the file's id")
	// Rejected is emitted once for each file whose content was refused, or never came.
	Rejected = events.Define[File](Module, "rejected", 1, "A file was refused; reason says why.").Key("the file's id")
	// Expiring is emitted once before a stored file expires, a day ahead where its time is
	// longer than two.
	Expiring = events.Define[File](Module, "expiring", 1, "A file will go by itself unless it is attached, or kept longer.").Key("the file's id")
	// Deleted is emitted once for each stored file whose content is gone.
	Deleted = events.Define[File](Module, "deleted", 1, "The content of a file is gone; reason says why.").Key("the file's id")
)
