package grant

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"

	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// verifierForm is that of RFC 7636, 4.1.
var verifierForm = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)

// authorizationCode redeems a code for the first tokens of a session.
func (s *Server) authorizationCode(ctx context.Context, r request) (answer, error) {
	if err := r.form.need("code", "redirect_uri", "code_verifier"); err != nil {
		return answer{}, err
	}
	if !verifierForm.MatchString(r.form["code_verifier"]) {
		return answer{}, invalidRequest("code_verifier must have 43 to 128 letters, digits, or any of . _ ~ - (RFC 7636)")
	}
	redeemed, err := s.cfg.Sessions.RedeemCode(ctx, session.CodeRedemption{
		Code: r.form["code"], Client: r.client.ID, RedirectURI: r.form["redirect_uri"], Challenge: challengeOf(r.form["code_verifier"]),
		Continued: slices.Contains(r.client.Grants, RefreshToken),
	})
	if err != nil {
		return answer{}, s.codeError(ctx, err)
	}
	a, err := s.userTokens(ctx, r.client, redeemed.Session, "", redeemed.Nonce)
	a.RefreshToken = redeemed.RefreshToken
	return a, err
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *Server) codeError(ctx context.Context, err error) error {
	if errors.Is(err, session.ErrCodeReplayed) {
		s.cfg.Logger.WarnContext(ctx, "authorization code replayed, session ended")
	}
	return invalidGrant(err, session.ErrCodeUnknown, session.ErrCodeReplayed, session.ErrOver)
}

// invalidGrant tells the expected errors to the client, and leaves others alone.
func invalidGrant(err error, expected ...error) error {
	for _, e := range expected {
		if errors.Is(err, e) {
			return refuse("invalid_grant", "%v", e)
		}
	}
	return err
}
