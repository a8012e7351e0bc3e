package grant

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An authorization is a request for a code that has nothing wrong with it.
type authorization struct {
	challenge string
	nonce     string
	scope     []string
	hint      string
	subject   string         // of id_token_hint; "" for whoever it is
	maxAge    *time.Duration // since the login; nil for any
	login     bool           // asks for a login whoever has logged in
	silent    bool           // shows nothing to anybody
}

// challengeForm is the base64url of a SHA-256.
var challengeForm = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// maxNonce bounds what stands in the ID token.
const maxNonce = 500

func (s *Server) parseAuthorization(ctx context.Context, to destination, parameters url.Values) (authorization, error) {
	f, err := once(parameters)
	if err != nil {
		return authorization{}, err
	}
	if err := checkAuthorization(f, to.client); err != nil {
		return authorization{}, err
	}
	a := authorization{challenge: f["code_challenge"], nonce: f["nonce"], hint: f["login_hint"]}
	if a.scope, err = to.client.grantable(f["scope"]); err != nil {
		return authorization{}, err
	}
	if a.maxAge, err = parseMaxAge(f["max_age"]); err != nil {
		return authorization{}, err
	}
	if a.login, a.silent, err = parsePrompt(f["prompt"]); err != nil {
		return authorization{}, err
	}
	if hint := f["id_token_hint"]; hint != "" {
		id, err := s.parseIDToken(ctx, hint)
		if err != nil {
			return authorization{}, err
		}
		a.subject = id.Subject
	}
	return a, nil
}

// checkAuthorization refuses what is not served here. PKCE is for every client, and
// by S256: a challenge in plain protects from nobody who reads the request.
func checkAuthorization(f form, client Client) error {
	switch {
	case !slices.Contains(client.Grants, AuthorizationCode):
		return refuse("unauthorized_client", "client %s may not use the grant %s", client.ID, AuthorizationCode)
	case f["request"] != "":
		return refuse("request_not_supported", "the parameter request is not taken here; send parameters one by one")
	case f["request_uri"] != "":
		return refuse("request_uri_not_supported", "the parameter request_uri is not taken here; send parameters one by one")
	case f["registration"] != "":
		return refuse("registration_not_supported", "clients do not register themselves here")
	case f["response_type"] == "":
		return f.need("response_type")
	case f["response_type"] != "code":
		return refuse("unsupported_response_type", "the response_type %.40q is not served here; use code", f["response_type"])
	case f["response_mode"] != "" && f["response_mode"] != "query":
		return invalidRequest("the response_mode %.40q is not served here; use query", f["response_mode"])
	case f["code_challenge"] == "":
		return invalidRequest("the parameter code_challenge is missing: every client has to use PKCE (RFC 7636)")
	case f["code_challenge_method"] != "S256":
		return invalidRequest("code_challenge_method must be S256")
	case !challengeForm.MatchString(f["code_challenge"]):
		return invalidRequest("code_challenge must be the base64url of a SHA-256: 43 letters without padding")
	case len(f["nonce"]) > maxNonce:
		return invalidRequest("nonce is longer than %d bytes", maxNonce)
	}
	return nil
}

func parseMaxAge(text string) (*time.Duration, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // no age is not asked for
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || seconds < 0 {
		return nil, invalidRequest("max_age must be a number of seconds")
	}
	return new(time.Duration(seconds) * time.Second), nil
}

// parsePrompt reports whether to ask for a login and whether to show nothing. The
// choice of an account is a login, and consent was given when the client was registered.
func parsePrompt(text string) (login, silent bool, err error) {
	prompts := strings.Fields(text)
	for _, p := range prompts {
		switch p {
		case "none":
			silent = true
		case "login", "select_account":
			login = true
		case "consent":
		default:
			return false, false, invalidRequest("the prompt %.40q is none of none, login, select_account and consent", p)
		}
	}
	if silent && len(prompts) > 1 {
		return false, false, invalidRequest("the prompt none stands alone")
	}
	return login, silent, nil
}
