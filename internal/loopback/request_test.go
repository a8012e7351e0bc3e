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
		"refuses what a proxy of HTTP/1.0 asks":       {old(request("GET", here, "127.0.0.1:8080")), false},
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

// old is the request as nginx passes it on, unless it is told otherwise.
func old(r *http.Request) *http.Request {
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
	return r
}

func TestMayBeRebound(t *testing.T) {
	t.Parallel()
	const address, name = "10.0.0.7:9090", "evil.example:9090"
	for what, c := range map[string]struct {
		r    *http.Request
		want bool
	}{
		"a page that asks itself":              {request("GET", address, name, "Sec-Fetch-Site", "same-origin"), true},
		"a form that is sent to its own name":  {request("POST", address, name, "Origin", "http://evil.example:9090"), true},
		"a browser that tells where it was":    {request("GET", address, name, "Referer", "http://evil.example:9090/"), true},
		"a browser that tells what it reads":   {request("GET", address, name, "Accept", "text/html,*/*;q=0.8"), true},
		"a browser that tells its languages":   {request("GET", address, name, "Accept-Language", "en"), true},
		"a browser that tells its name":        {request("GET", address, name, "User-Agent", "Mozilla/5.0 (X11)"), true},
		"a name without a port":                {request("GET", address, "evil.example", "Accept-Language", "en"), true},
		"a browser that names nothing":         {request("GET", address, "", "Accept-Language", "en"), true},
		"a browser to an address":              {request("GET", address, address, "Accept-Language", "en", "Sec-Fetch-Site", "none"), false},
		"a browser to an address of IPv6":      {request("GET", address, "[2001:db8::7]:9090", "Accept-Language", "en"), false},
		"a browser to this machine":            {request("GET", address, "localhost:9090", "Accept-Language", "en"), false},
		"a browser to a name of this machine":  {request("GET", address, "shop.localhost:9090", "Accept-Language", "en"), false},
		"a scraper that has the name of a pod": {request("GET", address, "cart.shop.svc:9090", "User-Agent", "Prometheus/3.0", "Accept", "application/openmetrics-text;q=0.6,text/plain;q=0.4"), false},
		"a program":                            {request("POST", address, name, "User-Agent", "curl/8.5.0", "Accept", "*/*"), false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if got := loopback.MayBeRebound(c.r); got != c.want {
				t.Errorf("MayBeRebound() = %t, want %t", got, c.want)
			}
		})
	}
}
