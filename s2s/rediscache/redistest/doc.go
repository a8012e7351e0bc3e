// Package redistest gives tests a Redis.
//
//	redis := redistest.Start(t)
//	cache, err := rediscache.Open(rediscache.Config{URL: redis.URL()})
//
// # Guaranteed
//
//   - The server is the test's own. It is ready in some milliseconds, listens on a unix
//     socket alone, keeps nothing on disk, and ends with the test, even if that is killed.
//   - A test can kill it, start it again where it was, freeze it and look into it.
//   - Where Redis is not installed the test fails and says how to install it.
package redistest
