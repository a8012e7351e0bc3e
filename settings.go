package slipway

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
	"github.com/slipway-go/slipway/telemetry/sentry"
)

// settings are those of the process; their variables begin with SLIPWAY_.
type settings struct {
	Name            string         `env:"NAME" doc:"The name of the service in logs and traces. Default: OTEL_SERVICE_NAME, or else the name of the binary."`
	OtelName        string         `env:"/OTEL_SERVICE_NAME" doc:"The same, as a platform may set it for every process; SLIPWAY_NAME goes before it."`
	Addr            string         `env:"ADDR" envDefault:"127.0.0.1:8080" doc:"Where the process listens."`
	InspectAddr     string         `env:"INSPECT_ADDR" example:"127.0.0.1:9090" doc:"A second listener with /metrics, /debug/, /healthz and /readyz alone, which asks for no token: whoever can reach it may look into the process, so let it be an address of an inner network. Unset: there is none, and SLIPWAY_ADDR serves the same to whoever has the permission kit:inspect."`
	FlightRecorder  time.Duration  `env:"FLIGHT_RECORDER" envDefault:"0s" max:"1m" doc:"How far back the process remembers what each of its goroutines did, for GET /debug/flight; 10s suits most, up to 16 MiB. It costs some microseconds of each request. 0s: off, until POST /debug/flight."`
	Modules         []string       `env:"MODULES" doc:"The modules that this process hosts, separated by commas; unset means all; edge means none: the process joins the others under one address."`
	PublicURL       *url.URL       `env:"PUBLIC_URL" doc:"The address under which users reach the product. Default: http:// and SLIPWAY_ADDR, with localhost for 127.0.0.1 and for all addresses of the machine. It is the issuer of tokens too, unless SSO_ISSUER is set."`
	DataDir         string         `env:"DATA_DIR" envDefault:".slipway" doc:"Where the private PostgreSQL of development keeps its data."`
	Docs            bool           `env:"DOCS" envDefault:"true" doc:"Whether the API's description is served at /openapi.json and /docs/, and that of the events at /asyncapi.json and /docs/events/."`
	Migrate         bool           `env:"MIGRATE" envDefault:"true" doc:"Whether the process brings its modules' schemas up to date when it starts."`
	RequestTimeout  time.Duration  `env:"REQUEST_TIMEOUT" envDefault:"30s" doc:"The longest time that a request may take; a route may have less."`
	StreamPause     time.Duration  `env:"STREAM_PAUSE" envDefault:"15s" min:"100ms" doc:"How long nothing of a body may come on a route that streams, such as an upload; twice that is the time over which SLIPWAY_STREAM_RATE is looked at."`
	StreamStall     time.Duration  `env:"STREAM_STALL" envDefault:"1m" min:"100ms" doc:"How long a client may take nothing of an answer that streams, such as a download."`
	StreamRate      int64          `env:"STREAM_RATE" envDefault:"4096" min:"1" doc:"What must move of a body or an answer that streams, in bytes a second."`
	DrainDelay      time.Duration  `env:"DRAIN_DELAY" envDefault:"0s" doc:"How long the process stays open after it has said that it is not ready, so that a load balancer hears of it before connections are refused. 5s suits most."`
	TrustedProxies  []netip.Prefix `env:"TRUSTED_PROXIES" example:"10.0.0.0/8,192.0.2.7/32" doc:"The networks of what stands in front of this process and tells a client's address truly (X-Forwarded-For): load balancers and, for a process that hosts modules behind the edge of another one, that edge. Unset: nobody is believed, and a client is whoever opens the connection."`
	ShutdownTimeout time.Duration  `env:"SHUTDOWN_TIMEOUT" envDefault:"15s" doc:"The time that requests in hand get to finish when the process is told to stop."`
	JobDrainTimeout time.Duration  `env:"JOB_DRAIN_TIMEOUT" envDefault:"10s" min:"100ms" doc:"The time that running jobs get to finish after that; another process does what does not. Whoever stops the process should wait for both times and 20s more before it kills."`
	JobConcurrency  int            `env:"JOB_CONCURRENCY" envDefault:"16" min:"1" doc:"How many jobs of one module may run at once in the process. Those that write share DATABASE_MAX_CONNS with the module's requests."`
}

// Validate checks the addresses before anything is started for them.
func (s settings) Validate() []config.Problem {
	var problems []config.Problem
	if !isAddress(s.Addr) {
		problems = append(problems, config.Problem{Variable: "ADDR", Given: s.Addr, Expected: "a host and a port such as 127.0.0.1:8081, or :8081 for every address of the machine"})
	}
	switch {
	case s.InspectAddr == "":
	case !isAddress(s.InspectAddr):
		problems = append(problems, config.Problem{Variable: "INSPECT_ADDR", Given: s.InspectAddr, Expected: "a host and a port such as 127.0.0.1:9090"})
	case collide(s.Addr, s.InspectAddr):
		problems = append(problems, config.Problem{
			Variable: "INSPECT_ADDR", Given: s.InspectAddr, Expected: "another address than SLIPWAY_ADDR=" + s.Addr,
			Fix: "what asks for no token has a listener of its own, so that a firewall can tell them apart",
		})
	}
	return problems
}

func isAddress(addr string) bool {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	return err == nil
}

// collide reports two addresses on which two listeners cannot be at once. Port 0 is one that
// the system chooses.
func collide(a, b string) bool {
	hostA, portA, _ := net.SplitHostPort(a)
	hostB, portB, _ := net.SplitHostPort(b)
	port, _ := strconv.ParseUint(portA, 10, 16)
	other, _ := strconv.ParseUint(portB, 10, 16)
	return port == other && port != 0 && (hostA == hostB || isAll(hostA) || isAll(hostB) || loopback.Is(hostA) && loopback.Is(hostB))
}

// isAll reports a host that stands for every address of the machine.
func isAll(host string) bool { return host == "" || net.ParseIP(host).IsUnspecified() }

func (s settings) name() string { return cmp.Or(s.Name, s.OtelName, filepath.Base(os.Args[0])) }

func (s settings) pace() api.Pace {
	return api.Pace{Pause: s.StreamPause, Stall: s.StreamStall, Rate: s.StreamRate}
}

// publicURL is the one address of the product: it is greeted with, signed, and the issuer of
// tokens unless there is another. To browsers two names of one machine are two websites.
func (s settings) publicURL() string {
	if s.PublicURL != nil {
		return s.PublicURL.String()
	}
	return "http://" + named(s.Addr)
}

// database is where modules keep their data; the variable may carry a module's
// prefix.
type database struct {
	URL      config.Secret `env:"DATABASE_URL" doc:"PostgreSQL for every module, each in a schema of its own; <MODULE>_DATABASE_URL gives a module its own. Unset in development: a private PostgreSQL is started."`
	MaxConns int32         `env:"DATABASE_MAX_CONNS" envDefault:"8" doc:"The largest number of connections in a module's pool."`
}

// broker is where events travel between processes.
type broker struct {
	URL config.Secret `env:"AMQP_URL" example:"amqp://user:password@rabbitmq.internal:5672/shop" doc:"RabbitMQ, over which events travel between processes. Unset: they travel inside this one, which then hosts every module that emits events or subscribes to them."`
}

// tokenCache is where the replicas of a module share their tokens for neighbours.
type tokenCache struct {
	URL     config.Secret `env:"REDIS_URL" example:"rediss://:password@redis.internal:6379/0" doc:"Redis, in which the replicas of a module share their tokens for neighbours: fewer questions to the SSO. Entries are sealed by the module's <MODULE>_CLIENT_SECRET, so modules may share the Redis. One that is down is no trouble. Unset: each process keeps its tokens to itself."`
	Timeout time.Duration `env:"REDIS_TIMEOUT" envDefault:"50ms" min:"1ms" doc:"How long Redis may take for a token; the SSO is asked instead when it takes longer."`
}

// allSettings are the settings of the kit.
type allSettings struct {
	process  settings
	broker   broker
	identity identity
	verifier auth.VerifierConfig
	log      telemetry.LogConfig
	trace    telemetry.TraceConfig
	reports  sentry.Settings
	otlp     otlp.Config
	traces   tracesKept
	http     httpclient.Config
	tokens   tokenCache
}

// callPrefix is that of the settings for calls to neighbours. It is not HTTP_:
// HTTP_PROXY means something else to other programs.
const callPrefix = "CALL_"

func loadSettings(src *config.Source) (allSettings, error) {
	var s allSettings
	var errs [11]error
	s.process, errs[0] = config.Load[settings](src, "SLIPWAY_")
	s.identity, errs[1] = config.Load[identity](src, "SSO_")
	s.log, errs[2] = config.Load[telemetry.LogConfig](src, "LOG_")
	s.http, errs[3] = config.Load[httpclient.Config](src, callPrefix)
	s.broker, errs[4] = config.Load[broker](src, "")
	s.tokens, errs[5] = config.Load[tokenCache](src, "")
	s.trace, errs[7] = config.Load[telemetry.TraceConfig](src, "OTEL_")
	s.reports, errs[8] = config.Load[sentry.Settings](src, "SENTRY_")
	s.otlp, errs[9] = config.Load[otlp.Config](src, "OTEL_")
	s.traces, errs[10] = config.Load[tracesKept](src, "OTEL_")
	s.verifier, errs[6] = config.Load[auth.VerifierConfig](src, "SSO_")
	return s, config.Join(errs[:]...)
}
