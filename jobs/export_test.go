package jobs

// Purge and PurgeAside are what a worker does once in a while.
var (
	Purge      = (*Worker).purge
	PurgeAside = (*Worker).purgeAside
)
