// Package s2stest proves that caches of tokens keep the contract of s2s.Cache.
//
//	func TestCache(t *testing.T) {
//		s2stest.TestCache(t, func(t *testing.T) s2s.Cache { return mine.Open(t) })
//	}
package s2stest
