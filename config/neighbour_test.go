package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
)

type calling struct {
	Quotes config.Neighbour `env:"QUOTES" envDefault:"catalog"`
	Key    config.Secret    `env:"KEY" production:"required"`
	Port   int              `env:"PORT"`
	Inner  struct {
		Stock  *config.Neighbour  `env:"STOCK"`
		Others []config.Neighbour `env:"OTHERS"`
	} `envPrefix:"INNER_"`
}

func TestNeighbours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values map[string]string
		want   []config.Neighbour
	}{
		{nil, []config.Neighbour{"catalog"}},
		{map[string]string{"CART_QUOTES": "prices"}, []config.Neighbour{"prices"}},
		{map[string]string{"CART_INNER_STOCK": "depot", "CART_INNER_OTHERS": "crm, catalog,depot"}, []config.Neighbour{"catalog", "depot", "crm"}},
		// What only the hosting process must know is not asked for.
		{map[string]string{"SLIPWAY_ENV": "production", "CART_PORT": "bad"}, []config.Neighbour{"catalog"}},
	} {
		got, err := config.Neighbours[calling](config.New(c.values), "CART_")
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("Neighbours(%v) = %v, %v, want %v", c.values, got, err, c.want)
		}
	}
}

func TestNeighbours_Refused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Catalog", "1catalog", "the_catalog", "http://catalog", "catalog/", "каталог"} {
		_, err := config.Neighbours[calling](config.New(map[string]string{"CART_QUOTES": name}), "CART_")
		want := fmt.Sprintf("CART_QUOTES is %q; expected the name of a module, in lower-case letters and digits, such as catalog", name)
		if got := fmt.Sprint(err); !strings.HasSuffix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestNeighbour_ModuleName(t *testing.T) {
	t.Parallel()
	if got := config.Neighbour("catalog").ModuleName(); got != "catalog" {
		t.Errorf("got %q, want catalog", got)
	}
}
