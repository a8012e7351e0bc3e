package files

import (
	"context"
	"net/http"
	"time"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
)

// link makes an address that needs no token. It leads to the file for as long as that is
// there: a link is no copy.
func (s *service) link(ctx context.Context, in filesapi.LinkInput) (filesapi.SignedLink, error) {
	p, err := s.ledger.piece(ctx, in.ID, in.Body.Variant)
	if err != nil {
		return filesapi.SignedLink{}, err
	}
	if err := own(ctx, p.record); err != nil {
		return filesapi.SignedLink{}, err
	}
	if err := p.ready(); err != nil {
		return filesapi.SignedLink{}, err
	}
	until := time.Now().Add(time.Duration(in.Body.Seconds) * time.Second).Truncate(time.Second).UTC()
	token, err := s.signer.sign(ctx, grant{File: p.ID, Variant: p.Variant, Until: until})
	return filesapi.SignedLink{URL: s.url + "/media/links/" + token, Expires: until}, err
}

// linked serves what a link leads to.
func (s *service) linked(w http.ResponseWriter, r *http.Request) error {
	g, err := s.signer.verify(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	if !time.Now().Before(g.Until) {
		return problem.Gone("the link expired at %s; ask for a new one", g.Until.Format(time.RFC3339)).WithCode(filesapi.CodeLinkExpired)
	}
	p, err := s.ledger.piece(r.Context(), g.File, g.Variant)
	if problem.Status(err) == http.StatusNotFound || err == nil && p.ready() != nil {
		return errNoLink()
	}
	if err != nil {
		return err
	}
	return s.send(w, r, p, toBearer)
}

// errNoLink is the same for a link that was never made, for one that was changed, and for one
// whose file is gone: whoever guesses learns nothing.
func errNoLink() *problem.Error {
	return problem.NotFound("this link leads to nothing: it is incomplete, or what it led to is gone")
}
