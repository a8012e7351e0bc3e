package grant

import (
	"context"
	"net/http"
)

// clientEndpoint serves a client that says who it is in a form.
func (s *Server) clientEndpoint(serve func(context.Context, Client, form) (any, error)) http.Handler {
	return s.cors(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noStore(w)
		answer, err := s.serveClient(r, serve)
		switch {
		case err != nil:
			s.fail(w, r, err)
		case answer != nil:
			writeJSON(w, http.StatusOK, answer)
		}
	}))
}

func (s *Server) serveClient(r *http.Request, serve func(context.Context, Client, form) (any, error)) (any, error) {
	f, err := parseForm(r)
	if err != nil {
		return nil, err
	}
	given, err := readCredentials(r, f)
	if err != nil {
		return nil, err
	}
	client, err := s.identify(r.Context(), given)
	if err != nil {
		return nil, err
	}
	return serve(r.Context(), client, f)
}
