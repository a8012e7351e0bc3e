package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

const hello = "Hello, files!\n"

// wantLogged fails the test unless one line at INFO says so of a file; an empty id is any.
func (w *world) wantLogged(t *testing.T, message, id, reason string) {
	t.Helper()
	found := 0
	for line := range strings.Lines(w.In(t).Log()) {
		var l struct{ Level, Msg, FileID, Profile, Reason string }
		if json.Unmarshal([]byte(strings.ReplaceAll(line, `"file_id"`, `"fileid"`)), &l) != nil || l.Msg != message || l.Reason != reason {
			continue
		}
		if l.Level == "INFO" && l.Profile == "album/documents" && l.FileID != "" && (id == "" || l.FileID == id) {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d lines say %q of %s for %q, want one in\n%s", found, message, id, reason, w.In(t).Log())
	}
}

func TestUpload(t *testing.T) {
	t.Parallel()

	t.Run("refuses what is no file of the profile", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		for name, parts := range map[string][]string{
			"name_not_allowed": {filePart("hello.jpg", hello), end},
			"empty":            {filePart("hello.txt", ""), end},
			"executable":       {filePart("hello.txt", "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"), end},
			"type_mismatch":    {filePart("hello.pdf", hello), end},
			"too_large":        {field("size", "10"), filePart("hello.txt", hello), end},
			"size_differs":     {field("size", "100"), filePart("hello.txt", hello), end},
		} {
			answer := send(ada.In(t), "documents", parts...).WantCode(422, filesapi.CodeRejected)
			if got := answer.Problem.Errors[0]; got.Location != "reason" || got.Message != name {
				t.Errorf("%q is refused for %+v, want reason %s", parts, got, name)
			}
		}
		w.wantUsage(t, ada.Subject(), limit{})
		w.wantObjects(t, 0)
	})

	t.Run("leaves nothing of a content that breaks off", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		body := io.MultiReader(strings.NewReader(filePart("hello.txt", strings.Repeat(hello, 10_000))), iotest.ErrReader(io.ErrUnexpectedEOF))
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/uploads/album/documents", body)
		if err != nil {
			t.Fatal(err)
		}
		asForm(r)
		if status, _, _ := ada.Send(r); status != http.StatusBadRequest {
			t.Errorf("the answer is %d, want 400", status)
		}
		w.wantUsage(t, ada.Subject(), limit{})
		w.wantObjects(t, 0)
		if told := slipwaytest.Published(w.In(t), filesapi.Rejected); len(told) != 1 || told[0].Reason != filesapi.ReasonNotUploaded {
			t.Errorf("told was %+v, want that one file did not come", told)
		}
	})

	t.Run("is open to whom the profile names", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada, service := w.As("customer"), w.Service("album", "files", "files:write")
		text, csv := []string{filePart("a.txt", hello), end}, []string{filePart("a.csv", "a,b\n1,2\n"), end}
		send(ada, "songs", text...).WantCode(404, filesapi.CodeUnknownProfile)
		send(ada, "exports", csv...).WantCode(403, filesapi.CodeNotForUsers)
		send(w.User("ben", "files:write"), "photos", text...).WantCode(403, filesapi.CodeNotForUsers)
		send(w.User("ben"), "documents", text...).Want(403)
		send(w.Anonymous(), "documents", text...).Want(401)
		through := w.Claims(authtest.User("ada", "files:write").Through("album").For("files"))
		if f := fileOf(t, send(through, "exports", csv...).Want(201)); f.Owner != "ada" {
			t.Errorf("the owner is %s, want the user for whom the module acts", f.Owner)
		}
		if f := fileOf(t, send(service, "exports", csv...).Want(201)); f.Owner != "album" {
			t.Errorf("the owner is %s, want the module", f.Owner)
		}
		forBen := append([]string{field("owner", "ben")}, csv...)
		if f := fileOf(t, send(service, "exports", forBen...).Want(201)); f.Owner != "ben" {
			t.Errorf("the owner is %s, want whom the module named", f.Owner)
		}
	})

	t.Run("is in the log with its id and the stable reason, and without its name", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		stored := sendFile(t, ada, "documents", "secret-plan.txt", hello)
		send(ada.In(t), "documents", filePart("secret-plan.txt", ""), end).WantCode(422, filesapi.CodeRejected)
		later := w.arrive(t, ada, "documents", "secret-plan.txt", "#!/bin/sh\n")
		complete(ada, later).Want(http.StatusAccepted)
		w.wantLogged(t, "file stored", stored.ID.String(), "")
		w.wantLogged(t, "file rejected", "", "empty")
		w.wantLogged(t, "file rejected", later.String(), "script")
		if log := w.In(t).Log(); strings.Contains(log, "secret-plan") {
			t.Errorf("the log has the name of a file:\n%s", log)
		}
	})

	t.Run("stores what passes, and tells its module", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		f := sendFile(t, ada, "documents", "hello.txt", hello)
		sum := sha256.Sum256([]byte(hello))
		if f.State != filesapi.StateStored || f.Type != filesapi.Text || f.Size != int64(len(hello)) || f.SHA256 != hex.EncodeToString(sum[:]) {
			t.Errorf("the file is %+v, want it stored as text, with its size and hash", f)
		}
		if told := slipwaytest.Published(w.In(t), filesapi.Stored); len(told) != 1 || told[0].ID != f.ID || !documents.Has(told[0]) {
			t.Errorf("told was %+v, want file %s once", told, f.ID)
		}
		if got := w.content(t, f.ID); got != hello {
			t.Errorf("stored is %q, want %q", got, hello)
		}
		w.wantUsage(t, ada.Subject(), limit{1, int64(len(hello))})
	})
}

// content returns what is stored of a file.
func (w *world) content(t *testing.T, file uuid.UUID) string {
	t.Helper()
	r, err := w.service.ledger.find(t.Context(), w.service.ledger.db, file)
	if err != nil {
		t.Fatal(err)
	}
	in, err := w.service.store.Open(t.Context(), contentKey(r.Content.UUID))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	all, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// wantObjects checks how many contents the store has that are somebody's.
func (w *world) wantObjects(t *testing.T, want int) {
	t.Helper()
	var got int
	if err := w.service.ledger.db.QueryRow(t.Context(), `SELECT count(*) FROM contents WHERE state <> 'going'`).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d contents are kept or written, want %d", got, want)
	}
}

func TestUpload_Golden(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada := w.As("customer")
	t.Run("stored", func(t *testing.T) {
		send(ada.In(t), "documents", field("size", "14"), filePart("Größe (1).txt", hello), end).Want(201).Golden()
	})
	t.Run("refused", func(t *testing.T) {
		send(ada.In(t), "documents", filePart("hello.txt", "#!/bin/sh\necho hello\n"), end).Want(422).Golden()
	})
	t.Run("completed", func(t *testing.T) {
		complete(ada.In(t), w.arrive(t, ada, "documents", "hello.txt", hello)).Want(202).Golden()
	})
	t.Run("no room", func(t *testing.T) {
		slipwaytest.Do(ada.In(t), filesapi.Begin, intent("documents", "film.pdf", 10<<20)).Want(201)
		for range 17 {
			begin(t, ada, "documents", "hello.txt", 1)
		}
		slipwaytest.Do(ada.In(t), filesapi.Begin, intent("documents", "hello.txt", 1)).Want(409).Golden()
	})
}

// In a bubble, since the form says when it expires.
func TestBegin_Golden(t *testing.T) {
	slipwaytest.Bubble(t, []slipway.Module{New(), albumModule()}, func(_ *testing.T, k *slipwaytest.Kit) {
		slipwaytest.Do(k.As("customer"), filesapi.Begin, intent("documents", "hello.txt", 14)).Want(201).Golden()
	})
}

// A client that is gone is seen by the process that serves it.
func TestUpload_disconnected(t *testing.T) {
	slipwaytest.Deployments(t, []slipway.Module{New(), albumModule()}, func(t *testing.T, k *slipwaytest.Kit) {
		ada := k.As("customer")
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", k.AddrOf(filesapi.Module.Name()))
		if err != nil {
			t.Fatal(err)
		}
		head := "POST /uploads/album/documents HTTP/1.1\r\nHost: files\r\nAuthorization: Bearer " + ada.Token() +
			"\r\nContent-Type: multipart/form-data; boundary=" + boundary + "\r\nContent-Length: 1000000\r\n\r\n"
		if _, err := io.WriteString(conn, head+filePart("hello.txt", strings.Repeat(hello, 1000))); err != nil {
			t.Fatal(err)
		}
		await(t, k, `SELECT EXISTS (SELECT FROM files WHERE state = 'pending')`)
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		await(t, k, `SELECT EXISTS (SELECT FROM files WHERE state = 'rejected' AND held = 0)`)
		await(t, k, `SELECT NOT EXISTS (SELECT FROM usage WHERE files > 0 OR bytes > 0)`)
		await(t, k, `SELECT NOT EXISTS (SELECT FROM contents WHERE state <> 'going')`)
	})
}

// await waits until a question to the module's database is answered with yes.
func await(t *testing.T, k *slipwaytest.Kit, question string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for yes := false; !yes; {
		if err := k.DB(filesapi.Module.Name()).QueryRow(ctx, question).Scan(&yes); err != nil {
			t.Fatalf("%s: %v", question, err)
		}
	}
}
