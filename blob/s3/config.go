package s3

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/s3utils"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
)

// Config says which bucket keeps the objects.
type Config struct {
	// URL is https://KEY:SECRET@host/bucket?region=eu-central-1. Without a region it is the
	// one in the host's name, or us-east-1. With style=host the bucket is addressed as
	// bucket.host, with style=path as host/bucket; the default is host for Amazon and
	// Google, path for others. Required.
	URL config.Secret
	// PublicURL is the address at which browsers reach the same S3, for what is signed, such
	// as https://files.example.com. Default: that of URL.
	PublicURL string
	// CreateBucket makes the bucket before its first use, if it is not there: for
	// development.
	CreateBucket bool
	// Patience is how long an attempt may take without moving 64 KiB, or until it answers.
	// Default: 10s.
	Patience time.Duration
	// Transport reaches the S3. Default: that of httpclient.NewTransport.
	Transport http.RoundTripper
	// Logger is told of each call. Default: nobody is.
	Logger *slog.Logger
	// Metrics counts the calls. Default: nobody does.
	Metrics prometheus.Registerer
}

const (
	defaultPatience = 10 * time.Second
	defaultRegion   = "us-east-1"
)

func (c Config) patience() time.Duration { return cmp.Or(max(c.Patience, 0), defaultPatience) }

func (c Config) transport() (http.RoundTripper, error) {
	if c.Transport != nil {
		return c.Transport, nil
	}
	return httpclient.NewTransport(httpclient.Config{HeaderTimeout: slowly(c.patience())})
}

// A place is what an address says.
type place struct {
	host, bucket, region string
	secure               bool
	style                minio.BucketLookupType
	credentials          *credentials.Credentials
}

// What is wrong with an address is told without what was given, which holds a secret.
var (
	errURL = errors.New("expected https://KEY:SECRET@HOST/BUCKET?region=REGION, with style=path or style=host if need be, and no other parameters; " +
		"what is special in the secret, such as / + @ : ? # %, is written as %2F and so on")
	errKey    = errors.New("expected the key and its secret before the host, as in https://KEY:SECRET@HOST/BUCKET")
	errBucket = errors.New("expected the name of one bucket behind the host, of 3 to 63 lower-case letters, digits, '-' and '.', as in https://KEY:SECRET@HOST/BUCKET")
	errStyle  = errors.New("expected style=path (HOST/BUCKET) or style=host (BUCKET.HOST)")
	errRegion = errors.New("expected a region such as eu-central-1, of letters, digits and '-'")
)

var regionPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func parseURL(given config.Secret) (place, error) {
	u, err := url.Parse(given.Reveal())
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" || u.Fragment != "" {
		return place{}, errURL
	}
	secret, _ := u.User.Password()
	if u.User.Username() == "" || secret == "" {
		return place{}, errKey
	}
	p := place{host: u.Host, bucket: strings.Trim(u.Path, "/"), secure: u.Scheme == "https"}
	p.credentials = credentials.NewStaticV4(u.User.Username(), secret, "")
	if s3utils.CheckValidBucketNameStrict(p.bucket) != nil {
		return place{}, errBucket
	}
	return p, p.read(u)
}

// read takes the parameters.
func (p *place) read(u *url.URL) error {
	parameters, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errURL
	}
	p.region = cmp.Or(parameters.Get("region"), s3utils.GetRegionFromURL(url.URL{Host: u.Host}), defaultRegion)
	if !regionPattern.MatchString(p.region) {
		return errRegion
	}
	switch parameters.Get("style") {
	case "":
		p.style = minio.BucketLookupAuto
	case "path":
		p.style = minio.BucketLookupPath
	case "host":
		p.style = minio.BucketLookupDNS
	default:
		return errStyle
	}
	parameters.Del("region")
	parameters.Del("style")
	if len(parameters) > 0 {
		return errURL
	}
	return nil
}

// public is the same place as browsers see it.
func (p place) public(given string) (place, error) {
	if given == "" {
		return p, nil
	}
	u, err := url.Parse(given)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Hostname() == "" ||
		u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return place{}, errors.New("expected an address of scheme and host alone, such as https://files.example.com: a signature holds for the bucket's own path")
	}
	p.host, p.secure = u.Host, u.Scheme == "https"
	return p, nil
}

// Validate tells what is wrong with the configuration.
func (c Config) Validate() error {
	_, _, err := c.places()
	return err
}

func (c Config) places() (inside, outside place, err error) {
	if inside, err = parseURL(c.URL); err != nil {
		return inside, outside, fmt.Errorf("the URL of S3: %w", err)
	}
	if outside, err = inside.public(c.PublicURL); err != nil {
		return inside, outside, fmt.Errorf("the public URL of S3: %w", err)
	}
	return inside, outside, nil
}

func (p place) client(transport http.RoundTripper) (*minio.Client, error) {
	return minio.New(p.host, &minio.Options{
		Creds: p.credentials, Secure: p.secure, Region: p.region, BucketLookup: p.style, Transport: transport,
		MaxRetries: 1, // we try again ourselves
	})
}
