package slipwaytest

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// Deployments runs the test once with the modules in one process and once with
// one process per module, each with a database of its own, behind the edge. The
// modules must be among those of [Main]. With the module sso among them tokens are the
// product's own; without it they are the kit's.
func Deployments(t *testing.T, modules []slipway.Module, test func(t *testing.T, k *Kit)) {
	t.Helper()
	DeploymentsWith(t, nil, modules, test)
}

// DeploymentsWith is [Deployments] with settings for every process.
func DeploymentsWith(t *testing.T, settings map[string]string, modules []slipway.Module, test func(t *testing.T, k *Kit)) {
	t.Helper()
	for name, oneBinary := range map[string]bool{"one binary": true, "services": false} {
		parent := t.Name()
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := Deploy(t, Deployment{OneBinary: oneBinary, Settings: settings}, modules...)
			k.shared = deploymentName(parent, name, t.Name())
			test(t, k)
		})
	}
}

// Services runs the test with one process per module only: for what cannot
// happen to one binary, such as a neighbour that is down.
func Services(t *testing.T, modules []slipway.Module, test func(t *testing.T, k *Kit)) {
	t.Helper()
	test(t, Deploy(t, Deployment{}, modules...))
}

// A Deployment says how [Deploy] runs modules. Its zero value is one process per
// module, over a RabbitMQ if they have events.
type Deployment struct {
	// OneBinary runs them in one process, without a broker unless there is one here.
	OneBinary bool
	// Settings are for every process.
	Settings map[string]string
	// Replicas, Databases and Broker are those of [slipway.ServicesConfig]. Default: one
	// process for each module, and the servers that all tests share.
	Replicas  map[string]int
	Databases interface {
		Database(ctx context.Context, name string) (address string, err error)
	}
	Broker interface {
		VirtualHost(ctx context.Context, name string) (address string, err error)
	}
	// Log takes what the processes log, line by line. The last lines are shown anyhow
	// when the test fails.
	Log io.Writer
}

// Deploy runs the modules as processes until the end of the test, for a test that wants
// them in a way of its own: with two processes of one module, or with servers that it
// breaks. The modules must be among those of [Main].
func Deploy(t *testing.T, d Deployment, modules ...slipway.Module) *Kit {
	t.Helper()
	needsMain(t, names(modules)...)
	w := &world{modules: modules, transport: http.DefaultTransport}
	w.deaths = deaths{folder: t.TempDir(), oneBinary: d.OneBinary}
	values := map[string]string{
		"SLIPWAY_ENV": "test", "SLIPWAY_NAME": processName, childVariable: strings.Join(names(modules), ","), "SLIPWAY_ADDR": freeAddr(t),
		deathsVariable:                w.deaths.folder,
		"BLOB_DIR":                    filepath.Join(t.TempDir(), "blobs"),
		"AMQP_URL":                    "", // of whoever runs the tests
		"REDIS_URL":                   "", // likewise
		"S3_URL":                      "", // likewise
		"OTEL_EXPORTER_OTLP_ENDPOINT": "",
	}
	if !hosts(modules, ssoName) {
		w.sso, values["SSO_ISSUER"] = serveSSO(t, modules)
	}
	maps.Copy(values, d.Settings)
	if d.Databases == nil {
		d.Databases = &databases
	}
	if d.Broker == nil && !d.OneBinary {
		d.Broker = sharedBroker{t}
	}
	log := &logBuffer{}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w.services, err = slipway.StartServices(t.Context(), slipway.ServicesConfig{
		Source: config.New(values), Executable: executable, Env: pairs(values), OneBinary: d.OneBinary, Replicas: d.Replicas,
		Databases: d.Databases, Broker: d.Broker, DatabasePrefix: testdb.UniqueName("deploy") + "_", Stdout: tee(log, d.Log), Stderr: log,
	}, modules...)
	t.Cleanup(func() { stop(t, w.services, log) })
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	w.base = "http://" + w.services.Addr()
	k := &Kit{world: w, t: t, caller: anonymous}
	if w.sso == nil {
		w.signUp = (*Kit).register
	}
	return k
}

// tee writes to both, or to the one that there is.
func tee(log *logBuffer, also io.Writer) io.Writer {
	if also == nil {
		return log
	}
	return io.MultiWriter(log, also)
}

// processName is that of the processes of a deployment, before that of the module.
const processName = "test"

// sharedBroker gives the deployment of a test a virtual host of its own.
type sharedBroker struct{ t testing.TB }

// VirtualHost implements the Broker of [slipway.ServicesConfig].
func (b sharedBroker) VirtualHost(context.Context, string) (string, error) {
	return rabbitmqtest.URL(b.t), nil
}

// serveSSO serves the kit's tokens to the processes.
func serveSSO(t *testing.T, modules []slipway.Module) (sso *testSSO, address string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sso.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	sso = newSSO(authtest.NewIssuerAt(server.URL), modules)
	return sso, server.URL
}

func stop(t *testing.T, s *slipway.Services, log *logBuffer) {
	t.Helper()
	if s != nil {
		if err := s.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
	}
	if t.Failed() {
		t.Logf("what the processes logged:\n%s", log)
	}
}

// AddrOf returns the address of the process that hosts a module in a deployment, such as
// 127.0.0.1:40123; in one binary, and for the edge, that of the edge.
func (k *Kit) AddrOf(module string) string {
	k.t.Helper()
	return k.processes("AddrOf", module).AddrOf(module)
}

// Database returns the address of a module's database in a deployment.
func (k *Kit) Database(module string) string {
	k.t.Helper()
	return k.processes("Database", module).Database(module)
}

// Broker returns the address of the broker over which the processes of a deployment
// exchange events, or "" if they have none.
func (k *Kit) Broker() string {
	k.t.Helper()
	return k.processes("Broker", "").Broker()
}

// processes returns those of a deployment, for a method that needs them.
func (k *Kit) processes(method, module string) *slipway.Services {
	k.t.Helper()
	if k.services == nil {
		k.t.Fatalf("%s(%q): in Tx and Commit no module has a process of its own; use slipwaytest.Services or Deployments, or k.DB(%q) for what the module stored here", method, module, module)
	}
	return k.services
}

// register makes a user of the product's own SSO.
func (k *Kit) register() (subject, token string) {
	k.t.Helper()
	mail := uuid.NewString() + "@example.com"
	const password = "correct horse battery staple"
	anonymous := k.Anonymous()
	var user struct {
		ID string `json:"user_id"`
	}
	var login struct {
		Token string `json:"access_token"`
	}
	decodeInto(k.t, anonymous.JSON(http.MethodPost, "/sso/v1/registrations", `{"email":"`+mail+`","password":"`+password+`","name":"Test"}`).Want(http.StatusCreated).Raw, &user)
	decodeInto(k.t, anonymous.JSON(http.MethodPost, "/sso/v1/login", `{"email":"`+mail+`","password":"`+password+`"}`).Want(http.StatusOK).Raw, &login)
	return user.ID, login.Token
}

func names(modules []slipway.Module) []string {
	all := make([]string, len(modules))
	for i, m := range modules {
		all[i] = m.Name()
	}
	return all
}

func hosts(modules []slipway.Module, name string) bool {
	return slices.ContainsFunc(modules, func(m slipway.Module) bool { return m.Name() == name })
}

func pairs(values map[string]string) []string {
	var all []string
	for k, v := range values {
		all = append(all, k+"="+v)
	}
	return all
}
