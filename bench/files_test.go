package main

import (
	"os"
	"strings"
	"testing"
)

// An upload is compared with its own statements, and with no others.
func TestFiles_statementsAreTheModules(t *testing.T) {
	t.Parallel()
	recorded, err := os.ReadFile("../modules/files/testdata/files.queries.sql")
	if err != nil {
		t.Fatal(err)
	}
	known := oneLine(string(recorded))
	for name, sql := range map[string]string{
		"reserveRoom": reserveRoom, "insertContent": insertContent, "insertFile": insertFile, "fileByID": fileByID, "lockFile": lockFile,
		"lockBytes": lockBytes, "findTwin": findTwin, "keepContent": keepContent, "admitFile": admitFile,
	} {
		if !strings.Contains(known, oneLine(sql)+";") {
			t.Errorf("%s is no statement of the module's any more; copy the one of modules/files to files_rows.go:\n%s", name, sql)
		}
	}
}
