// Package rediscache keeps the tokens of a service in a Redis, so that its replicas
// share them: one asks the SSO, and all go on with its answer.
//
// A product sets REDIS_URL and is done. By hand:
//
//	redis, err := rediscache.Open(rediscache.Config{URL: "rediss://:password@redis.internal:6379/0"})
//	…
//	defer redis.Close()
//	credentials := s2s.Credentials{ClientID: "cart", Secret: secret}
//	tokens := s2s.NewTokens(s2s.TokensConfig{Credentials: credentials, Cache: redis.Cache(credentials), …})
//
// # Guaranteed
//
//   - Replicas of one service share, services never: the names of the entries and the
//     keys that seal them (AES-256-GCM, one key per entry) are derived from the
//     service's own secret (HKDF, HMAC-SHA256). Whoever reads the Redis learns no
//     token and not whose it is; whoever writes there can make entries useless and no more.
//   - Redis is never in the way: what it does not answer within 50 ms counts as not
//     cached, and after three failures in a row it is left alone for a second. The
//     tokens in this process's memory go on, and the SSO is asked for the others.
//   - Redis is asked for what this process does not know, and for what is about to
//     expire, since another replica may have renewed it. All else is answered from memory.
//   - Entries end with the life of their token.
//
// # Not guaranteed
//
//   - Replicas that look at the same moment may each ask the SSO.
//   - A secret that is made up by the process, as in development, is shared with nobody.
//     While a secret is changed, replicas with the old one and with the new one do not share.
//
// # Testing
//
// Package redistest starts a Redis of a test's own.
package rediscache
