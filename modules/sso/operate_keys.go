package sso

import (
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func keysCommand() *cobra.Command {
	c := &cobra.Command{Use: "keys", Short: "The keys that tokens are signed by"}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "List the keys that are published", RunE: operating(listKeys)},
		rotateKeysCommand(),
	)
	return c
}

func rotateKeysCommand() *cobra.Command {
	var leaked bool
	c := &cobra.Command{
		Use: "rotate", Short: "Have the next key sign from now on",
		RunE: operating(func(ctx context.Context, a administration, _ []string) (slipway.Report, error) {
			rotated, err := a.rotate(ctx, operator, leaked)
			return keysReport(rotated), err
		}),
	}
	c.Flags().BoolVar(&leaked, "leaked", false, "withdraw every key and make new ones: tokens of the old ones are refused everywhere within 6 minutes, and sessions go on")
	return c
}

func (c Config) ring(ctx context.Context, o *slipway.Operation) (*keys.Ring, error) {
	db, err := o.DB(ctx)
	if err != nil {
		return nil, err
	}
	sealer, err := c.sealer(slog.New(slog.DiscardHandler)) // the process that serves has warned
	if err != nil {
		return nil, err
	}
	return keys.NewRing(db, sealer, keys.Config{Life: c.KeyLife}), nil
}

func listKeys(ctx context.Context, a administration, _ []string) (slipway.Report, error) {
	found, err := a.listKeys(ctx, api.Empty{})
	return keysReport(found), err
}

type keysReport ssoapi.SigningKeys

func (r keysReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"KEY", "ALGORITHM", "STATE", "PUBLISHED", "SIGNS SINCE", "RETIRED"}, Empty: "There is no key yet: the first token makes one."}
	for _, k := range r.Keys {
		t.Rows = append(t.Rows, []string{k.ID, k.Algorithm, stateOf(k), moment(&k.CreatedAt), moment(k.ActivatedAt), moment(k.RetiredAt)})
	}
	return []slipway.Table{t}
}

// stateOf tells what a key is there for, and that it is not.
func stateOf(k ssoapi.SigningKey) string {
	if k.Sealed {
		return k.State + ", cannot be opened"
	}
	return k.State
}

// moment spells a time for a table.
func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04")
}
