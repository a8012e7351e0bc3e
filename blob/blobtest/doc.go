// Package blobtest proves that a [blob.Store] keeps the promises of package blob.
//
//	func TestStore(t *testing.T) {
//		blobtest.TestStore(t, func(t *testing.T) blob.Store { return open(t) })
//	}
//
// Each sentence of the suite has an empty store of its own, whose signed addresses are
// reached over the network: by httptest.Server for one whose addresses lead to this process.
package blobtest
