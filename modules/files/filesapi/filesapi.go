package filesapi

import (
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// Module is the contract.
var Module = api.Module("files").Permits(Plenty)

// The permissions.
var (
	// Write is the permission to upload. A profile may ask for one of its own besides.
	Write = auth.Perm("files:write", "Upload files and delete your own").GrantTo("customer", "admin")
	// Read is the permission to see and download one's own files.
	Read = auth.Perm("files:read", "See and download your own files").GrantTo("customer", "admin")
	// Moderate is the permission to take down files of others: see [TakeDown].
	Moderate = auth.Perm("files:moderate", "Take down files of others").GrantTo("admin")
	// Plenty gives its bearers the larger quota (FILES_PLENTY_BYTES, FILES_PLENTY_FILES).
	Plenty = auth.Perm("files:plenty", "Keep more files than others do").GrantTo("admin")
)
