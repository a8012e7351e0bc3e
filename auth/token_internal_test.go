package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func inBase64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// A member of another case, or twice, must not stand for the one that is read.
func TestParseHeader_Strict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"alg":"EdDSA","typ":"at+jwt","kid":"k"}`:                 true,
		`{"alg":"EdDSA","typ":"Application/AT+JWT","kid":"k"}`:     true,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"k","alg":"none"}`:    false,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"k","ALG":"none"}`:    false,
		`{"alg":"EdDSA","typ":"at+jwt","KID":"k"}`:                 false,
		`{"alg":"EdDSA","typ":"at+jwt","kid":""}`:                  false,
		`{"alg":"EdDSA","typ":"at+jwt","kid":7}`:                   false,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"k","b64":false}`:     false,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"k"} {}`:              false,
		`["alg","typ","kid"]`:                                      false,
		`null`:                                                     false,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"` + long(129) + `"}`: false,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"` + long(128) + `"}`: true,
		`{"alg":"EdDSA","typ":"at+jwt","kid":"` + long(999) + `"}`: false,
	} {
		if header, err := parseHeader(inBase64(text)); (err == nil) != want {
			t.Errorf("parseHeader(%.60s) = %+v, %v; want good %v", text, header, err, want)
		}
	}
}

func long(n int) string { return fmt.Sprintf("%0*d", n, 0) }

func TestParseClaims_Strict(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	const rest = `,"client_id":"c","jti":"j","iat":1800000000,"iss":"i"`
	for text, want := range map[string]bool{
		`{"sub":"u","aud":"a","exp":1800000001` + rest + `}`:                            true,
		`{"sub":"u","aud":["a","b"],"exp":1.800000001e9` + rest + `}`:                   true,
		`{"sub":"u","aud":"\u0061","exp":1800000001` + rest + `}`:                       true,
		`{"sub":"u","aud":"a","exp":1800000001,"SUB":"admin"` + rest + `}`:              true, // and is "u", below
		`{"sub":"u","aud":"a","exp":1800000001,"sub":"admin"` + rest + `}`:              false,
		`{"sub":"u","aud":null,"exp":1800000001` + rest + `}`:                           false,
		`{"sub":"u","aud":[],"exp":1800000001` + rest + `}`:                             false,
		`{"sub":"u","aud":["a",""],"exp":1800000001` + rest + `}`:                       false,
		`{"sub":"u","aud":7,"exp":1800000001` + rest + `}`:                              false,
		`{"sub":"u","aud":{"a":1},"exp":1800000001` + rest + `}`:                        false,
		`{"sub":7,"aud":"a","exp":1800000001` + rest + `}`:                              false,
		`{"sub":"u","aud":"a","exp":"1800000001"` + rest + `}`:                          false,
		`{"sub":"u","aud":"a","exp":0` + rest + `}`:                                     false,
		`{"sub":"u","aud":"a","exp":-1` + rest + `}`:                                    false,
		`{"sub":"u","aud":"a","exp":1e300` + rest + `}`:                                 false,
		`{"sub":"u","aud":"a","exp":1e999` + rest + `}`:                                 false,
		`{"sub":"u","aud":"a","exp":1800000001,"auth_time":1800000100` + rest + `}`:     false,
		`{"sub":"u","aud":"a","exp":1800000001,"act":{"sub":""}` + rest + `}`:           false,
		`{"sub":"u","aud":"a","exp":1800000001,"act":{"sub":"s","act":{}}` + rest + `}`: false,
		`{"sub":"u","aud":"a","exp":1800000001,"act":"s"` + rest + `}`:                  false,
		`{"sub":"u","aud":"a","exp":1800000001,"act":null` + rest + `}`:                 true,
		`{"sub":"u","aud":"a","exp":1800000001,"scope":["x"]` + rest + `}`:              false,
		`{}`: false, `null`: false, `[]`: false, ``: false,
	} {
		v := NewVerifier(VerifierConfig{Issuer: "i"})
		p, err := v.checkClaims(inBase64(text), now)
		if (err == nil) != want || (want && (p.Subject != "u" || p.Audience[0] != "a")) {
			t.Errorf("checkClaims(%.90s) = %+v, %v; want good %v", text, p, err, want)
		}
	}
}

// Against a model that forgets nothing: what the cache returns is right, its
// size is bounded, and it keeps what was used lately.
func TestTokenCache(t *testing.T) {
	t.Parallel()
	const size = 2 * cacheShards * 4
	rapid.Check(t, func(t *rapid.T) {
		cache, model := newTokenCache(size), map[tokenHash]verified{}
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			hash := sha256.Sum256([]byte{rapid.Byte().Draw(t, "token")})
			if rapid.Bool().Draw(t, "put") {
				v := verified{
					principal: &Principal{}, until: now.Add(time.Duration(rapid.IntRange(1, 9).Draw(t, "life"))),
					generation: uint64(rapid.IntRange(0, 1).Draw(t, "generation")), change: rapid.Uint64().Draw(t, "change"),
				}
				cache.put(&hash, v)
				model[hash] = v
				if got, ok := cache.get(&hash, now, v.generation); !ok || got != v {
					t.Fatal("forgot what was just put")
				}
			}
			want := model[hash]
			got, ok := cache.get(&hash, now, 0)
			if ok && (got != want || !now.Before(want.until) || want.generation != 0) {
				t.Fatalf("returned %v of %+v at %v", got, want, now)
			}
			if n := cache.size(); n > size {
				t.Fatalf("remembers %d tokens, want at most %d", n, size)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 1).Draw(t, "pass")))
		}
	})
}

func TestTokenCache_KeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	cache, until := newTokenCache(64), time.Unix(1, 0)
	used, p := sha256.Sum256([]byte("used")), &Principal{}
	cache.put(&used, verified{principal: p, until: until})
	for i := range 10_000 {
		other := sha256.Sum256(fmt.Append(nil, i))
		cache.put(&other, verified{principal: &Principal{}, until: until})
		if got, _ := cache.get(&used, time.Unix(0, 0), 0); got.principal != p {
			t.Fatalf("forgot a token in use after %d others", i)
		}
	}
}
