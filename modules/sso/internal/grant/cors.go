package grant

import (
	"net/http"
	"slices"
)

// cors lets scripts of listed origins read the answer. Credentials of the
// browser are never allowed, since no endpoint here takes cookies. What these
// endpoints need is a simple request, so there is no preflight to answer.
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
