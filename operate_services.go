package slipway

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/postgres"
)

// ofServices returns the settings as the processes of the command services have them:
// each module a private database of its own, and a private broker. They are there until
// done is called.
func ofServices(ctx context.Context, src *config.Source, modules []Module) (_ *config.Source, done func() error, err error) {
	if src.Environment() == config.Production {
		return nil, nil, errors.New("--services is for development: in production the settings name the databases and the broker")
	}
	s, err := loadSettings(src)
	if err != nil {
		return nil, nil, err
	}
	p := &privateServers{dir: s.process.DataDir, values: map[string]string{}}
	err = p.databases(ctx, modules)
	if err == nil && s.broker.URL.Reveal() == "" && slices.ContainsFunc(modules, Module.hasEvents) {
		err = p.broker(ctx, s.process.name())
	}
	if err != nil {
		return nil, nil, errors.Join(err, p.close())
	}
	return src.With(p.values), p.close, nil
}

// privateServers are those that the command services has started, or would.
type privateServers struct {
	dir     string
	values  map[string]string
	closers []func() error
}

func (p *privateServers) databases(ctx context.Context, modules []Module) error {
	server, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: filepath.Join(p.dir, "postgres"), Durable: true})
	if err != nil {
		return fmt.Errorf("join the private PostgreSQL: %w", err)
	}
	p.closers = append(p.closers, server.Close)
	for _, m := range modules {
		if !m.HasDatabase() {
			continue
		}
		url, err := server.Database(ctx, m.Name())
		if err != nil {
			return fmt.Errorf("find the private database of %s: %w", m.Name(), err)
		}
		p.values[settingsPrefix(m.Name())+"DATABASE_URL"] = url
	}
	return nil
}

func (p *privateServers) broker(ctx context.Context, name string) error {
	server, err := rabbitmq.StartPrivate(ctx, rabbitmq.PrivateConfig{Dir: filepath.Join(p.dir, "rabbitmq"), Durable: true})
	if err != nil {
		return fmt.Errorf("join the private RabbitMQ: %w", err)
	}
	p.closers = append(p.closers, server.Close)
	if p.values["AMQP_URL"], err = server.VirtualHost(ctx, name); err != nil {
		return fmt.Errorf("find the virtual host of %s: %w", name, err)
	}
	return nil
}

func (p *privateServers) close() error {
	var errs []error
	for _, c := range slices.Backward(p.closers) {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}
