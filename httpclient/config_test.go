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
			"CALL_TIMEOUT": "0s", "CALL_ATTEMPT_TIMEOUT": "-1s", "CALL_CONNECT_TIMEOUT": "0s", "CALL_HEADER_TIMEOUT": "0s",
			"CALL_RETRIES": "3", "CALL_MAX_RESPONSE_BYTES": "0", "CALL_MAX_CONNS": "0", "CALL_CERT_FILE": "a.pem",
		}), "CALL_")
		for _, variable := range []string{"TIMEOUT", "ATTEMPT_TIMEOUT", "CONNECT_TIMEOUT", "HEADER_TIMEOUT", "RETRIES", "MAX_RESPONSE_BYTES", "MAX_CONNS", "KEY_FILE"} {
			if err == nil || !strings.Contains(err.Error(), "CALL_"+variable+" ") {
				t.Errorf("error %v does not name CALL_%s", err, variable)
			}
		}
	})

	t.Run("NeedsACertificateWithAKey", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load[httpclient.Config](config.New(map[string]string{"CALL_KEY_FILE": "a.key"}), "CALL_")
		if err == nil || !strings.Contains(err.Error(), "CALL_CERT_FILE") {
			t.Errorf("error %v does not name CALL_CERT_FILE", err)
		}
	})

	t.Run("WorksUnset", func(t *testing.T) {
		t.Parallel()
		got, err := config.Load[httpclient.Config](config.New(nil), "CALL_")
		if err != nil {
			t.Fatal(err)
		}
		if got.Timeout != 10*time.Second || got.RetryConfig().Retries != 2 || got.MaxResponseBytes != 8<<20 {
			t.Errorf("got %+v", got)
		}
	})
}
