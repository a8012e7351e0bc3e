// Command vulndb chooses the vulnerability database for govulncheck and prints its address: the public one
// when it answers within a few seconds, else the one unpacked from an archive that somebody brought along.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"
)

const (
	public  = "https://vuln.go.dev"
	patient = 5 * time.Second
)

func main() {
	archive := flag.String("archive", "", "a .tar.xz of the database, for when the public one cannot be reached")
	dir := flag.String("dir", "", "an empty directory to unpack it in")
	flag.Parse()

	db, err := choose(context.Background(), public, *archive, *dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulndb:", err)
		os.Exit(1)
	}
	fmt.Println(db)
}

// choose returns a value for govulncheck's -db flag.
func choose(ctx context.Context, public, archive, dir string) (string, error) {
	unreachable := reach(ctx, public)
	if unreachable == nil {
		return public, nil
	}
	if _, err := os.Stat(archive); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("no vulnerability database: %s cannot be reached (%w), and there is no copy at %q; "+
			"connect to the internet, or put a .tar.xz of the database there", public, unreachable, archive)
	}
	return unpack(archive, dir)
}

// reach asks for the smallest file of the database.
func reach(ctx context.Context, public string) error {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, public+"/index/db.json", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("answered %s", resp.Status)
	}
	return nil
}
