package slipway

import (
	"net/url"
	"slices"
	"testing"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	public, err := url.Parse("https://shop.example/")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		listening string
		s         settings
		want      []announcement
	}{
		"are at the port that there was": {"127.0.0.1:43211", settings{Addr: "127.0.0.1:0"}, []announcement{{"Address", "http://localhost:43211"}}},
		"are where the process listens": {"192.0.2.7:8080", settings{Addr: "192.0.2.7:8080", Docs: true}, []announcement{
			{"Address", "http://192.0.2.7:8080"}, {"API", "http://192.0.2.7:8080/docs/"},
		}},
		"name the machine, since passkeys need that": {"127.0.0.1:8080", settings{Addr: "127.0.0.1:8080"}, []announcement{{"Address", "http://localhost:8080"}}},
		"name a host that a browser reaches":         {"[::]:8080", settings{Addr: ":8080"}, []announcement{{"Address", "http://localhost:8080"}}},
		"are by the name that the settings give the host": {"192.0.2.7:8080", settings{Addr: "shop.internal:8080"}, []announcement{
			{"Address", "http://shop.internal:8080"}, {"Listening", "http://192.0.2.7:8080"},
		}},
		"are what people open if that is another": {"0.0.0.0:8080", settings{Addr: "0.0.0.0:8080", Docs: true, PublicURL: public}, []announcement{
			{"Address", "https://shop.example"}, {"API", "https://shop.example/docs/"}, {"Listening", "http://localhost:8080"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := addresses(c.listening, c.s); !slices.Equal(got, c.want) {
				t.Errorf("addresses() = %v, want %v", got, c.want)
			}
		})
	}
}
