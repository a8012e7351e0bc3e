package rediscache

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/gomodule/redigo/redis"

	"github.com/slipway-go/slipway/config"
)

// An address is where Redis is and how one gets in.
type address struct {
	network, where string
	options        []redis.DialOption
}

// errURL does not repeat what was given, which holds a password.
var errURL = errors.New("expected redis://USER:PASSWORD@HOST:6379/0, rediss:// for TLS, or unix://USER:PASSWORD@/PATH?db=0, without other parameters; " +
	"what is special in the password, such as @ : / ? # %, is written as %40 and so on")

const defaultPort = "6379"

func parseURL(given config.Secret) (address, error) {
	u, err := url.Parse(given.Reveal())
	if err != nil {
		return address{}, errURL
	}
	parameters, a, database := u.Query(), address{}, strings.Trim(u.Path, "/")
	switch u.Scheme {
	case "redis", "rediss":
		a = address{"tcp", net.JoinHostPort(u.Hostname(), portOf(u)), nil}
	case "unix":
		a, database = address{"unix", u.Path, nil}, parameters.Get("db")
		parameters.Del("db")
	}
	if a.network == "" || len(parameters) > 0 || (u.Hostname() == "") != (u.Scheme == "unix") {
		return address{}, errURL
	}
	n, err := strconv.ParseUint("0"+database, 10, 16)
	if err != nil {
		return address{}, errURL
	}
	password, _ := u.User.Password()
	a.options = []redis.DialOption{
		redis.DialUsername(u.User.Username()), redis.DialPassword(password), redis.DialDatabase(int(n)), redis.DialUseTLS(u.Scheme == "rediss"),
	}
	return a, nil
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return defaultPort
}
