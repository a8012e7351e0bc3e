package files

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// wantWords checks that what a command prints has all the words.
func wantWords(t *testing.T, out string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(out, word) {
			t.Errorf("it says\n%s\nwant %q", out, word)
		}
	}
}

// wantNo runs a command that cannot be done.
func (w *world) wantNo(t *testing.T, why string, args ...string) {
	t.Helper()
	if out, err := w.In(t).Command(append([]string{"files"}, args...)...); err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("files %q: %v, want %q\n%s", args, err, why, out)
	}
}

func TestList_command(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wantWords(t, w.command(t, "list"), "There is no such file.")
	announced, stored := w.announced(t, 5), w.stored(t, "hello")
	w.exec(t, `UPDATE files SET reference = 'a letter' WHERE id = $1`, stored)

	w.wantNo(t, "expected 1 to 1000", "list", "--limit", "1001")
	w.wantNo(t, "expected the id of a file", "list", "--before", "yesterday")
	wantWords(t, w.command(t, "list"), announced.String(), stored.String(), "album/documents", "ada", "pending", "5 B", "a letter")
	for _, c := range []struct {
		args []string
		want []uuid.UUID
	}{
		{nil, []uuid.UUID{stored, announced}},
		{[]string{"--limit", "1"}, []uuid.UUID{stored}},
		{[]string{"--before", stored.String()}, []uuid.UUID{announced}},
		{[]string{"--state", "stored", "--owner", "ada", "--module", "album", "--profile", "documents"}, []uuid.UUID{stored}},
		{[]string{"--owner", "ben"}, nil},
	} {
		var got filesReport
		if err := json.Unmarshal([]byte(w.command(t, append([]string{"list", "--json"}, c.args...)...)), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Files) != len(c.want) {
			t.Errorf("list %q: %+v, want %v", c.args, got.Files, c.want)
			continue
		}
		for n, f := range got.Files {
			if f.ID != c.want[n] {
				t.Errorf("list %q: file %d is %s, want %s", c.args, n, f.ID, c.want[n])
			}
		}
	}
}

func TestShow_command(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.wantNo(t, "files list shows them", "show", "hello.txt")
	w.wantNo(t, "there is no file", "show", uuid.Nil.String())
	w.wantNo(t, "id", "show")

	announced, stored := w.announced(t, 5), w.stored(t, "hello")
	wantWords(t, w.command(t, "show", announced.String()), "pending", "The store is files/ in directory /", "It has nothing of the file.")
	w.put(t, quarantineKey(announced), "hello")
	wantWords(t, w.command(t, "show", announced.String()), quarantineKey(announced))
	content := w.record(t, stored).Content.UUID
	w.put(t, variantKey(content, "thumb"), "small")
	wantWords(t, w.command(t, "show", stored.String()), "stored", "SENT BY", "ada", "a.txt", contentKey(content), variantKey(content, "thumb"))
	var got fileReport
	if err := json.Unmarshal([]byte(w.command(t, "show", "--json", stored.String())), &got); err != nil {
		t.Fatal(err)
	}
	if got.File.ID != stored || got.File.State != filesapi.StateStored || got.Content == nil || *got.Content != content || len(got.Objects) != 2 {
		t.Errorf("it says %+v, want the file with its content and two objects", got)
	}
}

func TestUsage_command(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wantWords(t, w.command(t, "usage"), "There is nothing.")
	w.stored(t, "hello")
	w.announced(t, 2048)
	w.wantNo(t, "accepts at most 1 arg", "usage", "ada", "ben")
	wantWords(t, w.command(t, "usage"), "module", "album", "owner", "ada", "2.0 KiB")
	wantWords(t, w.command(t, "usage", "ben"), "There is nothing.")
	var got usageReport
	if err := json.Unmarshal([]byte(w.command(t, "usage", "--json", "ada")), &got); err != nil {
		t.Fatal(err)
	}
	want := []usageRow{{"owner", "ada", 2, 2053}, {"profile", "album.documents/ada", 2, 2053}}
	if len(got.Usage) != len(want) || got.Usage[0] != want[0] || got.Usage[1] != want[1] {
		t.Errorf("it says %+v, want %+v", got.Usage, want)
	}
}
