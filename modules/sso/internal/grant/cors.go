package grant

import (
	"net/http"
	"slices"
)

// cors lets scripts of listed origins read the answer. Credentials of the
// browser are never allowed, since no endpoint here takes cookies. What these
// endpoints need is a simple request, for which browsers ask nothing before; all but
// userinfo, whose token is in a header.
func (s *Server) cors(next http.Handler) http.Handler {
	if len(s.cfg.Origins) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); slices.Contains(s.cfg.Origins, origin) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
		}
		next.ServeHTTP(w, r)
	})
}

// preflight answers what a browser asks before it sends such a request for a script. Who
// is not listed is allowed nothing.
func (s *Server) preflight(methods, headers string) http.Handler {
	return s.cors(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if w.Header().Get("Access-Control-Allow-Origin") != "" {
			w.Header().Set("Access-Control-Allow-Methods", methods)
			w.Header().Set("Access-Control-Allow-Headers", headers)
			w.Header().Set("Access-Control-Max-Age", "600") // seconds
		}
		w.WriteHeader(http.StatusNoContent)
	}))
}
