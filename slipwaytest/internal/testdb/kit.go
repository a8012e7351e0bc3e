package testdb

import (
	"fmt"
	"io/fs"
	"regexp"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/postgres"
)

var createTable = regexp.MustCompile(`(?mi)^CREATE TABLE (\w+)`)

// KitTables returns the tables in the module's schema that are not the module's: those
// that the kit's migrations make, and those in which migrations are noted.
func KitTables(m slipway.Module) ([]string, error) {
	all := postgres.MigrationTables()
	kit, _ := m.MigrationFiles()
	if kit == nil {
		return all, nil
	}
	files, err := fs.Glob(kit, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list the kit's migrations: %w", err)
	}
	for _, file := range files {
		text, err := fs.ReadFile(kit, file)
		if err != nil {
			return nil, fmt.Errorf("read the kit's migrations: %w", err)
		}
		for _, found := range createTable.FindAllSubmatch(text, -1) {
			all = append(all, string(found[1]))
		}
	}
	return all, nil
}
