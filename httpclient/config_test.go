package httpclient_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
)

func TestConfig(t *testing.T) {
	t.Parallel()

	t.Run("RefusesWhatHasNoBound", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load[httpclient.Config](config.New(map[string]string{
			"HTTP_TIMEOUT": "0s", "HTTP_ATTEMPT_TIMEOUT": "-1s", "HTTP_CONNECT_TIMEOUT": "0s", "HTTP_HEADER_TIMEOUT": "0s",
			"HTTP_RETRIES": "3", "HTTP_MAX_RESPONSE_BYTES": "0", "HTTP_MAX_CONNS": "0", "HTTP_CERT_FILE": "a.pem",
		}), "HTTP_")
		for _, variable := range []string{"TIMEOUT", "ATTEMPT_TIMEOUT", "CONNECT_TIMEOUT", "HEADER_TIMEOUT", "RETRIES", "MAX_RESPONSE_BYTES", "MAX_CONNS", "KEY_FILE"} {
			if err == nil || !strings.Contains(err.Error(), "HTTP_"+variable+" ") {
				t.Errorf("error %v does not name HTTP_%s", err, variable)
			}
		}
	})

	t.Run("NeedsACertificateWithAKey", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load[httpclient.Config](config.New(map[string]string{"HTTP_KEY_FILE": "a.key"}), "HTTP_")
		if err == nil || !strings.Contains(err.Error(), "HTTP_CERT_FILE") {
			t.Errorf("error %v does not name HTTP_CERT_FILE", err)
		}
	})

	t.Run("WorksUnset", func(t *testing.T) {
		t.Parallel()
		got, err := config.Load[httpclient.Config](config.New(nil), "HTTP_")
		if err != nil {
			t.Fatal(err)
		}
		if got.Timeout != 10*time.Second || got.RetryConfig().Retries != 2 || got.MaxResponseBytes != 8<<20 {
			t.Errorf("got %+v", got)
		}
	})
}
