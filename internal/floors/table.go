package floors

import (
	"path"
	"strings"
)

const (
	contractFloor = 8
	moduleFloor   = 9
	unknownFloor  = -1
)

// table gives each folder its floor. The longest matching entry counts for the packages below it; contracts and
// modules are known by their shape (see stand).
var table = map[string]int{
	"internal":  0,
	"config":    1,
	"money":     1,
	"problem":   1,
	"telemetry": 2,

	"telemetry/sentry": 3,
	"telemetry/otlp":   3,
	"telemetry/traces": 3,
	"httpclient":       3,
	"postgres":         3,
	"blob":             3,

	"postgres/postgrestest": 4,
	"blob/disk":             4,
	"blob/s3":               4,
	"blob/blobtest":         4,
	"auth":                  4,
	"events":                4,

	"events/rabbitmq":   5,
	"events/outbox":     5,
	"events/pgbus":      5,
	"events/eventstest": 5,
	"api":               5,
	"s2s":               5,
	"jobs":              5,

	"events/rabbitmq/rabbitmqtest": 6,

	root:          6,
	"slipwaytest": 7,
	"console":     10,
	"cmd":         11,
	"examples":    11,
	"faults":      11,
}

// root is the folder of the root package; it says nothing of the folders below it.
const root = "."

// place is where a package stands. Packages with one home may import each other.
type place struct {
	floor int
	home  string
}

// stand places the package in a folder. folders holds every folder with Go files, since a module is known by its
// contract: x is a module if there is x/xapi.
func stand(folder string, folders map[string]bool) place {
	if isProduct(folder) {
		for up := folder; up != root; up = path.Dir(up) {
			if isContract(up) {
				return place{contractFloor, up}
			}
			if folders[contractOf(up)] || path.Dir(up) == "modules" {
				return place{moduleFloor, up}
			}
		}
	}
	for up := folder; ; up = path.Dir(up) {
		if floor, ok := table[up]; ok && (up != root || folder == root) {
			return place{floor, up}
		}
		if up == root {
			return place{unknownFloor, folder}
		}
	}
}

// isProduct tells whether the folder lies where modules are.
func isProduct(folder string) bool {
	return strings.HasPrefix(folder, "modules/") || strings.HasPrefix(folder, "examples/")
}

// isContract recognises modules/cart/cartapi.
func isContract(folder string) bool {
	return folder == contractOf(path.Dir(folder))
}

func contractOf(module string) string {
	return path.Join(module, path.Base(module)+"api")
}

// isTestHelper recognises a package that serves tests, such as slipwaytest or auth/authtest.
func isTestHelper(folder string) bool {
	return strings.HasSuffix(path.Base(folder), "test")
}
