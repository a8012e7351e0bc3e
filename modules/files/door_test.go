package files

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// The page of a browser sends the form of a ticket to the product's own address, with
// whatever cookies there are, and it comes through the edge.
func TestBlobs_Deployed(t *testing.T) {
	const content = "fourteen bytes"
	slipwaytest.Deployments(t, []slipway.Module{New(), albumModule()}, func(t *testing.T, k *slipwaytest.Kit) {
		ada := k.As("customer")
		ticket := begin(t, ada, "documents", "hello.txt", len(content))

		changed := ticket
		changed.Fields = maps.Clone(ticket.Fields)
		changed.Fields["max"] = "1000000000"
		if status, body := browse(t, changed, content); status != http.StatusForbidden || !strings.Contains(body, "wrong_signature") {
			t.Errorf("a form with a changed field was answered %d %s, want 403 wrong_signature", status, body)
		}
		if status, body := browse(t, ticket, content+"!"); status != http.StatusRequestEntityTooLarge {
			t.Errorf("a content of a byte too much was answered %d %s, want 413", status, body)
		}
		if status, body := browse(t, ticket, content); status != http.StatusNoContent {
			t.Fatalf("the form was answered %d %s, want 204", status, body)
		}
		slipwaytest.Do(ada.In(t), filesapi.Complete, filesapi.FileInput{ID: ticket.File.ID}).Want(http.StatusAccepted)
		await(t, k, `SELECT EXISTS (SELECT FROM files WHERE state = 'stored')`)
	})
}

// browse sends the form as a browser does.
func browse(t *testing.T, ticket filesapi.Ticket, content string) (status int, body string) {
	t.Helper()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(ticket.Fields)) {
		parts = append(parts, field(name, ticket.Fields[name]))
	}
	form := strings.Join(append(parts, filePart("hello.txt", content), end), "")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, ticket.URL, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	asForm(r)
	for name, value := range map[string]string{"Cookie": "slipway=slc_adas; theme=dark", "Origin": "http://" + r.URL.Host, "Sec-Fetch-Site": "same-origin"} {
		r.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}
