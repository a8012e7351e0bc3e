package jobs

// Purge is what a worker does once in a while.
var Purge = (*Worker).purge
