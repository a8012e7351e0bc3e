package auth_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

// typical is a token of the size that a user of a whole shop has.
func typical() authtest.Claims {
	return authtest.User("0197a2c4-7a1b-7c3d-9e4f-1234567890ab",
		"cart:read", "cart:write", "payment:create", "payment:read", "catalog:read", "review:write").For("acquiring").Through("cart")
}

// The baseline of the other two: nothing but the signature.
func BenchmarkVerifier_BareSignature(b *testing.B) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(authtest.NewIssuer().Mint(typical()))
	signature := ed25519.Sign(private, text)
	b.ReportAllocs()
	for b.Loop() {
		if !ed25519.Verify(public, text, signature) {
			b.Fatal("not verified")
		}
	}
}

func BenchmarkVerifier_Cached(b *testing.B) {
	issuer := authtest.NewIssuer()
	verifier, raw := issuer.Verifier(), issuer.Mint(typical())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := verifier.Verify(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}

// The whole way of a request that brings a known token.
func BenchmarkVerifier_CachedRequest(b *testing.B) {
	issuer := authtest.NewIssuer()
	verifier := issuer.Verifier()
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/carts/7?page=2", nil)
	authtest.Present(issuer.Mint(typical()))(r)
	access := auth.Need(read, write).Owner()
	b.ReportAllocs()
	for b.Loop() {
		p, raw, err := verifier.Authenticate(r.Context(), r)
		if err != nil {
			b.Fatal(err)
		}
		if err := access.Authorize(p, []string{"acquiring", "edge"}, time.Now()); err != nil {
			b.Fatal(err)
		}
		ctx, guard := auth.NewGuard(auth.WithToken(r.Context(), raw), p, access)
		if err := auth.Own(ctx, p.Subject); err != nil || !guard.OwnChecked() {
			b.Fatal(err)
		}
	}
}

// Every token is new; they are minted ahead, in rounds, outside the clock.
func BenchmarkVerifier_Miss(b *testing.B) {
	issuer := authtest.NewIssuer()
	verifier := issuer.Verifier()
	const round = 4096
	raws := make([]string, 0, round)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%round == 0 {
			b.StopTimer()
			raws = mintMany(issuer, raws[:0], round)
			b.StartTimer()
		}
		if _, err := verifier.Verify(context.Background(), raws[i%round]); err != nil {
			b.Fatal(err)
		}
	}
}

func mintMany(issuer *authtest.Issuer, raws []string, n int) []string {
	for i := range n {
		c := typical()
		c.Session = fmt.Sprint("session-", i)
		raws = append(raws, issuer.Mint(c))
	}
	return raws
}

// Miss and bare signature by turns, so that a busy machine slows both alike;
// the medians' ratio is the number to look at.
func BenchmarkVerifier_MissRatio(b *testing.B) {
	issuer := authtest.NewIssuer()
	verifier := issuer.Verifier()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.Fatal(err)
	}
	raws := mintMany(issuer, nil, 4096)
	text := []byte(raws[0])
	signature := ed25519.Sign(private, text)
	var misses, bares []time.Duration
	for i := 0; b.Loop(); i++ {
		if i%len(raws) == 0 {
			verifier = issuer.Verifier() // one that knows none of them
		}
		start := time.Now()
		_, err := verifier.Verify(context.Background(), raws[i%len(raws)])
		verified := time.Now()
		ok := ed25519.Verify(public, text, signature)
		misses, bares = append(misses, verified.Sub(start)), append(bares, time.Since(verified))
		if err != nil || !ok {
			b.Fatal(err, ok)
		}
	}
	b.ReportMetric(float64(median(misses))/float64(median(bares)), "miss/bare")
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
