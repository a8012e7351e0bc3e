package node

import (
	"net"
	"strings"

	"github.com/slipway-go/slipway/internal/loopback"
)

const host = "127.0.0.1"

// ports are what one node needs.
type ports struct {
	amqp, management, distribution, epmd *loopback.Address
}

func reservePorts() (ports, error) {
	var p ports
	for _, a := range []**loopback.Address{&p.amqp, &p.management, &p.distribution, &p.epmd} {
		given, err := loopback.Reserve()
		if err != nil {
			p.release()
			return ports{}, err
		}
		*a = given
	}
	return p, nil
}

func (p ports) release() {
	for _, a := range []*loopback.Address{p.amqp, p.management, p.distribution, p.epmd} {
		if a != nil {
			a.Release()
		}
	}
}

func (ports) number(a *loopback.Address) string {
	return strings.TrimPrefix(a.String(), net.JoinHostPort(host, ""))
}
