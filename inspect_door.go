package slipway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/config"
)

// A door is the listener of SLIPWAY_INSPECT_ADDR: inspections and health, for scrapers and
// operators, without a token.
type door struct {
	server   *http.Server
	listener net.Listener
}

// openDoor listens; it returns nil when the setting is unset.
func (a *App) openDoor(ctx context.Context) (*door, error) {
	addr := a.settings.process.InspectAddr
	if addr == "" {
		return nil, nil //nolint:nilnil // no door is no error
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on SLIPWAY_INSPECT_ADDR=%s: %w; is another process using the address? choose another, or unset it", addr, err)
	}
	a.logger.InfoContext(ctx, "inspections need no token here", "addr", listener.Addr().String())
	if a.source.Environment() == config.Production && everywhere(listener.Addr().String()) {
		a.logger.WarnContext(ctx, "whoever reaches this address may look into the process: let SLIPWAY_INSPECT_ADDR name one of an inner network, or keep others out", "addr", listener.Addr().String())
	}
	server := a.server(ctx)
	server.Handler = a.inspectHandler
	return &door{server, listener}, nil
}

// everywhere reports an address that stands for all of the machine's.
func everywhere(addr string) bool {
	a, err := netip.ParseAddrPort(addr)
	return err == nil && a.Addr().IsUnspecified()
}

// during answers while f runs, until it has returned; f is told to stop when it cannot.
// So whoever looks sees how the process stops.
func (d *door) during(ctx context.Context, f func(context.Context) error) error {
	if d == nil {
		return f(ctx)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return served(d.server.Serve(d.listener)) })
	g.Go(func() error {
		defer d.close()
		return f(ctx)
	})
	return g.Wait()
}

// doorPatience is the time in which who looks as the process ends may look on.
const doorPatience = time.Second

func (d *door) close() {
	ctx, cancel := context.WithTimeout(context.Background(), doorPatience)
	defer cancel()
	if d.server.Shutdown(ctx) != nil {
		_ = d.server.Close() // the time is over
	}
}
