package sso

import (
	"cmp"
	"crypto/sha256"
	"log/slog"
	"net/url"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/modules/sso/internal/passkey"
)

// Config are the settings of the module; their variables begin with SSO_.
type Config struct {
	KeyEncryptionKey config.Secret `env:"KEY_ENCRYPTION_KEY" production:"required" doc:"Encrypts what is secret in the database, above all the signing keys: 32 random bytes in base64, as openssl rand -base64 32 prints. Unset in development: a key that everybody knows."`
	PreviousKey      config.Secret `env:"KEY_ENCRYPTION_KEY_PREVIOUS" doc:"The key of before, while SSO_KEY_ENCRYPTION_KEY is replaced: what it has sealed is read, and signing keys are sealed anew at the start. Give both to every process of the SSO, and drop this one a day later."`
	DefaultRole      string        `env:"DEFAULT_ROLE" envDefault:"customer" doc:"The role of a new account."`
	AccessTokenLife  time.Duration `env:"ACCESS_TOKEN_LIFE" envDefault:"5m" doc:"How long an access token is believed."`
	SessionIdle      time.Duration `env:"SESSION_IDLE" envDefault:"720h" doc:"How long a session goes on unused."`
	SessionLife      time.Duration `env:"SESSION_LIFE" envDefault:"2160h" doc:"How long a session goes on at most."`
	Confirmation     string        `env:"CONFIRMATION" envDefault:"optional" oneof:"optional,required" doc:"Whether a login by password takes a confirmed e-mail."`
	KeyLife          time.Duration `env:"KEY_LIFE" envDefault:"720h" doc:"How long a signing key is used before the next one."`

	Providers map[string]Provider `env:"PROVIDERS" envPrefix:"PROVIDER_" example:"google,corp" doc:"The other OpenID providers by which people log in, as names of one's own choice."`

	PasskeyDomain  string   `env:"PASSKEY_DOMAIN" example:"shop.example" doc:"The domain on which passkeys work, and below it. They are lost when it changes. Default: the host of the issuer; it may be a domain above that, so that the product's other hosts know them, too."`
	PasskeyOrigins []string `env:"PASSKEY_ORIGINS" example:"https://www.shop.example,android:apk-key-hash:…" doc:"Pages and apps beside the issuer's own that may use the passkeys: origins, and for an Android app android:apk-key-hash: with the SHA-256 of its certificate in base64url."`

	RegistrationLimit int      `env:"REGISTRATION_LIMIT" envDefault:"100" doc:"How many accounts one address may ask for until it has to wait in between; forgotten after an hour without any."`
	CORSOrigins       []string `env:"CORS_ORIGINS" doc:"Origins whose scripts may read answers of the OAuth endpoints, such as https://app.example; unset means none."`

	ProductName string   `env:"PRODUCT_NAME" example:"Corner Shop" doc:"What pages and messages call the product. Unset: the host of the issuer."`
	ReturnPaths []string `env:"RETURN_PATHS" envDefault:"/" example:"/,/orders" doc:"Paths of this address to which a login page may lead back, each with everything below it; never an address elsewhere."`
	Messages    MessageConfig
}

// product is what pages and messages call the product.
func (c Config) product(host string) string { return cmp.Or(c.ProductName, host) }

// maxAccessTokenLife keeps the wait short until a role that was taken away, or a
// session that was ended, is so everywhere.
const maxAccessTokenLife = time.Hour

// confirmationRequired is the value of SSO_CONFIRMATION that closes the password login.
const confirmationRequired = "required"

const encryptionKey = "32 random bytes in base64, as openssl rand -base64 32 prints"

// Validate checks what types do not say.
func (c Config) Validate() []config.Problem {
	var problems []config.Problem
	refuse := func(variable, given, expected string) {
		problems = append(problems, config.Problem{Variable: variable, Given: given, Expected: expected})
	}
	if _, err := sealerOf(c.KeyEncryptionKey); err != nil && c.KeyEncryptionKey.Reveal() != "" {
		refuse("KEY_ENCRYPTION_KEY", "[redacted]", encryptionKey)
	}
	if _, err := sealerOf(c.PreviousKey); err != nil && c.PreviousKey.Reveal() != "" {
		refuse("KEY_ENCRYPTION_KEY_PREVIOUS", "[redacted]", encryptionKey)
	}
	if c.AccessTokenLife < time.Second || c.AccessTokenLife > maxAccessTokenLife {
		refuse("ACCESS_TOKEN_LIFE", c.AccessTokenLife.String(), "a duration from 1s to 1h")
	}
	if c.SessionIdle < c.AccessTokenLife || c.SessionLife < c.SessionIdle {
		refuse("SESSION_LIFE", c.SessionLife.String(), "at least SSO_SESSION_IDLE, and that at least SSO_ACCESS_TOKEN_LIFE")
	}
	if c.KeyLife < time.Hour {
		refuse("KEY_LIFE", c.KeyLife.String(), "a duration of 1h or more")
	}
	if c.RegistrationLimit < 1 {
		refuse("REGISTRATION_LIMIT", strconv.Itoa(c.RegistrationLimit), "1 or more")
	}
	for _, origin := range c.CORSOrigins {
		if !validOrigin(origin) {
			refuse("CORS_ORIGINS", origin, "scheme and host and nothing else, such as https://app.example")
		}
	}
	for _, path := range c.ReturnPaths {
		if _, ok := localPath(path); !ok {
			refuse("RETURN_PATHS", path, "paths such as / or /orders, without a host")
		}
	}
	for _, origin := range c.PasskeyOrigins {
		if !passkey.ValidOrigin(origin) {
			refuse("PASSKEY_ORIGINS", origin, "scheme and host and nothing else, such as https://www.shop.example, or an app such as android:apk-key-hash:…")
		}
	}
	return problems
}

func validOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && s == u.Scheme+"://"+u.Host
}

// sealer returns what encrypts the signing keys. Production has refused to
// start without a key by now.
func (c Config) sealer(logger *slog.Logger) (*keys.Sealer, error) {
	if c.KeyEncryptionKey.Reveal() == "" {
		logger.Warn("signing keys are encrypted by the key of development, which everybody knows; set SSO_KEY_ENCRYPTION_KEY")
		known := sha256.Sum256([]byte("slipway: the key of development, which protects nothing"))
		return keys.NewSealer(known[:])
	}
	sealer, err := sealerOf(c.KeyEncryptionKey)
	if err != nil || c.PreviousKey.Reveal() == "" {
		return sealer, err
	}
	previous, err := sealerOf(c.PreviousKey)
	if err != nil {
		return nil, err
	}
	return sealer.After(previous), nil
}

func sealerOf(secret config.Secret) (*keys.Sealer, error) {
	key, err := keys.ParseEncryptionKey(secret.Reveal())
	if err != nil {
		return nil, err
	}
	return keys.NewSealer(key)
}
