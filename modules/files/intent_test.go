package files

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func intent(profile, name string, size int64) filesapi.IntentInput {
	return filesapi.IntentInput{Module: "album", Profile: profile, Body: filesapi.Intent{Name: name, Size: size}}
}

// begin announces a file as the kit's user.
func begin(t *testing.T, k *slipwaytest.Kit, profile, name string, size int) filesapi.Ticket {
	t.Helper()
	return slipwaytest.Do(k.In(t), filesapi.Begin, intent(profile, name, int64(size))).Want(http.StatusCreated).Body
}

// post sends a content by the form of a ticket, as anybody, and returns the status.
func (w *world) post(t *testing.T, ticket filesapi.Ticket, content string) int {
	t.Helper()
	return w.In(t).Anonymous().JSON(http.MethodPost, formPath(ticket), formOf(ticket, content), asForm).Status
}

// formPath is where the form of a ticket goes, which is the module itself.
func formPath(ticket filesapi.Ticket) string {
	_, path, _ := strings.Cut(strings.TrimPrefix(ticket.URL, "http://"), "/")
	return "/" + path
}

// formOf is the form of a ticket with a content.
func formOf(ticket filesapi.Ticket, content string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(ticket.Fields)) {
		parts = append(parts, field(name, ticket.Fields[name]))
	}
	return strings.Join(append(parts, filePart(ticket.File.Name, content), end), "")
}

// arrive announces and sends a file, which is not completed.
func (w *world) arrive(t *testing.T, k *slipwaytest.Kit, profile, name, content string) uuid.UUID {
	t.Helper()
	ticket := begin(t, k, profile, name, len(content))
	if status := w.post(t, ticket, content); status != http.StatusNoContent {
		t.Fatalf("the store answered %d, want 204", status)
	}
	return ticket.File.ID
}

func complete(k *slipwaytest.Kit, id uuid.UUID) *slipwaytest.Answer[filesapi.File] {
	return slipwaytest.Do(k, filesapi.Complete, filesapi.FileInput{ID: id})
}

func look(t *testing.T, k *slipwaytest.Kit, id uuid.UUID) filesapi.File {
	t.Helper()
	return slipwaytest.Do(k.In(t), filesapi.Get, filesapi.FileInput{ID: id}).Want(http.StatusOK).Body
}

func TestBegin(t *testing.T) {
	t.Parallel()

	t.Run("refuses what could never be stored", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		slipwaytest.Do(ada, filesapi.Begin, intent("songs", "a.mp3", 1)).WantCode(404, filesapi.CodeUnknownProfile)
		slipwaytest.Do(ada, filesapi.Begin, intent("exports", "a.csv", 1)).WantCode(403, filesapi.CodeNotForUsers)
		slipwaytest.Do(w.User("ben", "files:write"), filesapi.Begin, intent("photos", "a.jpg", 1)).WantCode(403, filesapi.CodeNotForUsers)
		slipwaytest.Do(ada, filesapi.Begin, intent("documents", "a.exe", 1)).WantCode(422, filesapi.CodeRejected)
		slipwaytest.Do(ada, filesapi.Begin, intent("photos", "a.jpg", 1<<20+1)).WantCode(422, filesapi.CodeRejected)
		forBen := intent("documents", "a.txt", 1)
		forBen.Body.Owner = "ben"
		slipwaytest.Do(ada, filesapi.Begin, forBen).Want(422)
		w.wantUsage(t, ada.Subject(), limit{})
	})

	t.Run("holds the room that it announces", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		begin(t, ada, "documents", "a.txt", 100)
		w.wantUsage(t, ada.Subject(), limit{1, 100})
	})

	t.Run("lets a module upload for whom it names, and for itself", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		service := w.Service("album", "files", "files:write")
		own := begin(t, service, "exports", "a.csv", 10)
		if own.File.Owner != "album" {
			t.Errorf("the owner is %s, want album", own.File.Owner)
		}
		in := intent("exports", "a.csv", 10)
		in.Body.Owner = "ben"
		if f := slipwaytest.Do(service, filesapi.Begin, in).Want(201).Body.File; f.Owner != "ben" {
			t.Errorf("the owner is %s, want ben", f.Owner)
		}
	})
}

func TestComplete(t *testing.T) {
	t.Parallel()

	t.Run("refuses what was not sent, and what is another's", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada, ben := w.As("customer"), w.As("customer")
		ticket := begin(t, ada, "documents", "hello.txt", len(hello))
		complete(ada, ticket.File.ID).WantCode(409, filesapi.CodeNotUploaded)
		w.post(t, ticket, hello)
		complete(ben, ticket.File.ID).Want(404)
		complete(w.Service("album", "files", "files:write"), ticket.File.ID).Want(202)
	})

	t.Run("refuses a file that is longer or shorter than it was announced", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		ticket := begin(t, ada, "documents", "hello.txt", 10)
		for _, content := range []string{hello, hello[:9], strings.Repeat("a", 1<<20)} {
			if status := w.post(t, ticket, content); status < 400 || status > 499 {
				t.Errorf("the store answered %d to %d bytes, want a refusal: 10 were announced", status, len(content))
			}
		}
		complete(ada, ticket.File.ID).WantCode(409, filesapi.CodeNotUploaded)
	})

	t.Run("rejects what the checks refuse, and tells its module", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		id := w.arrive(t, ada, "documents", "hello.txt", "#!/bin/sh\nrm -rf /\n")
		complete(ada, id).Want(202)
		if f := look(t, ada, id); f.State != filesapi.StateRejected || f.Reason != filesapi.ReasonScript {
			t.Errorf("the file is %+v, want it rejected as a script", f)
		}
		if told := slipwaytest.Published(w.In(t), filesapi.Rejected); len(told) != 1 || told[0].ID != id {
			t.Errorf("told was %+v, want file %s once", told, id)
		}
		w.formsEnd(t)
		w.wantUsage(t, ada.Subject(), limit{})
		w.wantObjects(t, 0)
	})

	t.Run("has the file checked and stored, however often it is said", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		id := w.arrive(t, ada, "documents", "hello.txt", hello)
		if f := complete(ada, id).Want(202).Body; f.State != filesapi.StateUploaded {
			t.Errorf("the file is %s, want it uploaded", f.State)
		}
		if f := complete(ada, id).Want(202).Body; f.State != filesapi.StateStored || f.Size != int64(len(hello)) {
			t.Errorf("the file is %+v, want it stored", f)
		}
		if told := slipwaytest.Published(w.In(t), filesapi.Stored); len(told) != 1 || told[0].ID != id {
			t.Errorf("told was %+v, want file %s once", told, id)
		}
		w.wantUsage(t, ada.Subject(), limit{1, int64(len(hello))})
	})

	t.Run("keeps what was checked, whatever is sent by the form later", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		ticket := begin(t, ada, "documents", "hello.txt", len(hello))
		w.post(t, ticket, hello)
		complete(ada, ticket.File.ID).Want(202)
		w.post(t, ticket, strings.ToUpper(hello))
		complete(ada, ticket.File.ID).Want(202)
		if got := w.content(t, ticket.File.ID); got != hello {
			t.Errorf("stored is %q, want what was checked: %q", got, hello)
		}
	})

	t.Run("counts once what is completed twice at once", func(t *testing.T) {
		t.Parallel()
		w := newRealWorld(t, nil)
		ada := w.As("customer")
		id := w.arrive(t, ada, "documents", "hello.txt", hello)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() { complete(ada, id).Want(202) })
		}
		wait.Wait()
		if f := look(t, ada, id); f.State != filesapi.StateStored {
			t.Errorf("the file is %+v, want it stored", f)
		}
		if told := slipwaytest.Published(w.In(t), filesapi.Stored); len(told) != 1 {
			t.Errorf("told was %+v, want file %s once", told, id)
		}
		w.wantObjects(t, 1)
		w.wantUsage(t, ada.Subject(), limit{1, int64(len(hello))})
	})
}
