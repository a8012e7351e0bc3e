package loopback_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/slipway-go/slipway/internal/loopback"
)

// request comes from the address to the host; headers are names and values in turn.
func request(method, from, host string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://placeholder/debug/", http.NoBody)
	r.RemoteAddr, r.Host = from, host
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	return r
}

const (
	here  = "127.0.0.1:40000"
	local = "localhost:8080"
)

func TestFromHere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r    *http.Request
		want bool
	}{
		"refuses another machine":                     {request("GET", "192.0.2.7:40000", local), false},
		"refuses another machine of IPv6":             {request("GET", "[2001:db8::7]:40000", local), false},
		"refuses a container's host":                  {request("GET", "172.17.0.1:40000", local), false},
		"refuses a caller without an address":         {request("GET", "cart", local), false},
		"refuses nobody's address":                    {request("GET", "", local), false},
		"refuses a name that points here":             {request("GET", here, "evil.example:8080"), false},
		"refuses a name that looks like one of ours":  {request("GET", here, "localhost.evil.example"), false},
		"refuses a name that ends like one of ours":   {request("GET", here, "evillocalhost"), false},
		"refuses an address in a name":                {request("GET", here, "127.0.0.1.nip.io"), false},
		"refuses every address of the machine":        {request("GET", here, "0.0.0.0:8080"), false},
		"refuses no name":                             {request("GET", here, ""), false},
		"refuses what a proxy forwards":               {request("GET", here, local, "X-Forwarded-For", "192.0.2.7"), false},
		"refuses what a proxy forwards from here":     {request("GET", here, local, "X-Forwarded-For", "127.0.0.1"), false},
		"refuses what an empty header tells":          {request("GET", here, local, "X-Forwarded-For", ""), false},
		"refuses another header of a proxy":           {request("GET", here, local, "X-Forwarded-Proto", "https"), false},
		"refuses the standard header of a proxy":      {request("GET", here, local, "Forwarded", "for=192.0.2.7"), false},
		"refuses what came via somebody":              {request("GET", here, local, "Via", "1.1 tunnel"), false},
		"refuses what a proxy says in its own way":    {request("GET", here, local, "X-Real-Ip", "192.0.2.7"), false},
		"refuses what a network in front says":        {request("GET", here, local, "Cf-Connecting-Ip", "192.0.2.7"), false},
		"refuses a page of another site":              {request("GET", here, local, "Sec-Fetch-Site", "cross-site"), false},
		"refuses a page of another port":              {request("GET", here, local, "Sec-Fetch-Site", "same-site"), false},
		"refuses one of two that is another's":        {request("GET", here, local, "Sec-Fetch-Site", "none", "Sec-Fetch-Site", "cross-site"), false},
		"refuses what a browser may say one day":      {request("GET", here, local, "Sec-Fetch-Site", "elsewhere"), false},
		"refuses a form of another origin":            {request("POST", here, local, "Origin", "https://evil.example"), false},
		"refuses a form of another port":              {request("POST", here, local, "Origin", "http://localhost:3000"), false},
		"refuses a form that hides its origin":        {request("POST", here, local, "Origin", "null"), false},
		"refuses another origin that calls itself us": {request("POST", here, local, "Origin", "http://evil.example", "Sec-Fetch-Site", "same-origin"), false},
		"admits a program":                            {request("GET", here, "127.0.0.1:8080"), true},
		"admits a program of IPv6":                    {request("GET", "[::1]:40000", "[::1]:8080"), true},
		"admits an address of both kinds":             {request("GET", "[::ffff:127.0.0.1]:40000", "127.0.0.1"), true},
		"admits an address without a port":            {request("GET", "[::1]:40000", "[::1]"), true},
		"admits a name of this machine":               {request("GET", here, "LocalHost"), true},
		"admits a name below it":                      {request("GET", here, "shop.localhost:8080"), true},
		"admits an address that was typed":            {request("GET", here, local, "Sec-Fetch-Site", "none"), true},
		"admits our own page":                         {request("POST", here, local, "Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8080"), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := loopback.FromHere(c.r); got != c.want {
				t.Errorf("FromHere() = %t, want %t", got, c.want)
			}
		})
	}
}
