package files

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

func attachedTo(id uuid.UUID, to string) filesapi.AttachInput {
	return filesapi.AttachInput{ID: id, Body: filesapi.Attachment{Reference: to}}
}

func TestAttach(t *testing.T) {
	t.Parallel()

	t.Run("is for its module, and for what is stored", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		slipwaytest.Do(s.Service("cart", "files"), filesapi.Attach, attachedTo(s.id, "x")).Want(404)
		pending := s.announce(t, s.ada.Subject(), aDocument)
		slipwaytest.Do(s.album(t), filesapi.Attach, attachedTo(pending, "x")).WantCode(409, filesapi.CodeNotStored).Golden()
	})

	t.Run("keeps the file", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		if f := slipwaytest.Do(s.album(t), filesapi.Attach, attachedTo(s.id, "page 1")).Want(200).Golden().Body; f.ExpiresAt != nil {
			t.Errorf("the file goes at %s, want it to stay", f.ExpiresAt)
		}
		slipwaytest.Do(s.album(t), filesapi.Attach, attachedTo(s.id, "page 1")).Want(200)
		if f := slipwaytest.Do(s.album(t), filesapi.Attach, attachedTo(s.id, "page 2")).Want(200).Body; f.Reference != "page 2" {
			t.Errorf("the file is part of %s, want page 2", f.Reference)
		}
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()

	t.Run("is not for others", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		slipwaytest.Do(s.As("customer"), filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(404).Golden()
		slipwaytest.Do(s.Service("cart", "files", "files:write"), filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(404)
	})

	t.Run("is not for the owner while the module has the file", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		slipwaytest.Do(s.album(t), filesapi.Attach, attachedTo(s.id, "page 1")).Want(200)
		slipwaytest.Do(s.ada, filesapi.Delete, filesapi.FileInput{ID: s.id}).WantCode(409, filesapi.CodeAttached).Golden()
		slipwaytest.Do(s.album(t), filesapi.Detach, filesapi.FileInput{ID: s.id}).Want(204).Golden()
		slipwaytest.Do(s.album(t), filesapi.Detach, filesapi.FileInput{ID: s.id}).Want(204)
		if got := slipwaytest.Published(s.Kit, filesapi.Deleted); len(got) != 1 || got[0].Reason != filesapi.ReasonDetached || got[0].Reference != "page 1" {
			t.Errorf("told: %+v, want that what was part of page 1 was let go", got)
		}
	})

	t.Run("frees the owner's room, once", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		for range 2 {
			slipwaytest.Do(s.ada, filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(204)
		}
		s.wantUsage(t, s.ada.Subject(), limit{})
		if f := slipwaytest.Do(s.ada, filesapi.Get, filesapi.FileInput{ID: s.id}).Want(200).Body; f.State != filesapi.StateDeleted || f.Reason != filesapi.ReasonByOwner {
			t.Errorf("the file is %s (%s), want deleted by its owner", f.State, f.Reason)
		}
	})

	t.Run("may be of a file that never came", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		pending := s.announce(t, s.ada.Subject(), aDocument)
		slipwaytest.Do(s.ada, filesapi.Delete, filesapi.FileInput{ID: pending}).Want(204)
		s.wantUsage(t, s.ada.Subject(), limit{1, int64(len(aDocument.text))})
	})
}

func TestTakeDown(t *testing.T) {
	t.Parallel()

	t.Run("is for those with the permission alone", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		slipwaytest.Do(s.ada, filesapi.TakeDown, filesapi.FileInput{ID: s.id}).Want(403).Golden()
		slipwaytest.Do(s.album(t), filesapi.TakeDown, filesapi.FileInput{ID: s.id}).Want(403)
		slipwaytest.Do(s.Anonymous(), filesapi.TakeDown, filesapi.FileInput{ID: s.id}).Want(401)
		slipwaytest.Do(s.As("admin"), filesapi.TakeDown, filesapi.FileInput{ID: uuid.New()}).Want(404)
		if f := slipwaytest.Do(s.ada, filesapi.Get, filesapi.FileInput{ID: s.id}).Want(200).Body; f.State != filesapi.StateStored {
			t.Errorf("the file is %s, want it to be stored still", f.State)
		}
	})

	t.Run("removes what others have, also while a module uses it", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		slipwaytest.Do(s.album(t), filesapi.Attach, attachedTo(s.id, "page 1")).Want(200)
		moderator := s.As("admin")
		slipwaytest.Do(moderator, filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(404)
		for range 2 {
			slipwaytest.Do(moderator, filesapi.TakeDown, filesapi.FileInput{ID: s.id}).Want(204)
		}
		download(s.ada, contentPath(s.id)).Want(409)
		s.wantUsage(t, s.ada.Subject(), limit{})
		if got := slipwaytest.Published(s.Kit, filesapi.Deleted); len(got) != 1 || got[0].Reason != filesapi.ReasonModerated || got[0].Reference != "page 1" {
			t.Errorf("told: %+v, want once that what was part of page 1 was taken down", got)
		}
	})

	t.Run("may be of a file that never came", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		pending := s.announce(t, s.ada.Subject(), aDocument)
		slipwaytest.Do(s.As("admin"), filesapi.TakeDown, filesapi.FileInput{ID: pending}).Want(204)
		if state := s.record(t, pending).State; state != filesapi.StateDeleted {
			t.Errorf("the file is %s, want deleted", state)
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	s := newShelf(t, aDocument)
	photo, gone := s.shelve(t, s.ada.Subject(), aPhoto), s.announce(t, s.ada.Subject(), aDocument)
	slipwaytest.Do(s.ada, filesapi.Delete, filesapi.FileInput{ID: gone}).Want(204)
	s.shelve(t, "eve", aPhoto)

	for name, c := range map[string]struct {
		in   filesapi.ListInput
		want []uuid.UUID
	}{
		"has the caller's own that are not gone, the newest first": {filesapi.ListInput{}, []uuid.UUID{photo, s.id}},
		"goes on behind a page":      {filesapi.ListInput{Before: photo}, []uuid.UUID{s.id}},
		"may be of a module":         {filesapi.ListInput{Module: "cart"}, nil},
		"may be of a kind":           {filesapi.ListInput{Module: "album", Profile: "photos"}, []uuid.UUID{photo}},
		"ends behind the last of it": {filesapi.ListInput{Before: s.id}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := slipwaytest.Do(s.ada.In(t), filesapi.List, c.in).Want(200).Body.Files
			if len(got) != len(c.want) {
				t.Fatalf("got %d files, want %d", len(got), len(c.want))
			}
			for i := range got {
				if got[i].ID != c.want[i] {
					t.Errorf("file %d is %s, want %s", i, got[i].ID, c.want[i])
				}
			}
		})
	}
	t.Run("does not know a kind without its module", func(t *testing.T) {
		slipwaytest.Do(s.ada.In(t), filesapi.List, filesapi.ListInput{Profile: "photos"}).Want(422).Golden()
	})
	t.Run("shows what a file is", func(t *testing.T) {
		slipwaytest.Do(s.ada.In(t), filesapi.List, filesapi.ListInput{}).Want(200).Golden()
	})
}

func TestUsage(t *testing.T) {
	t.Parallel()
	s := newShelf(t, aDocument)
	slipwaytest.Do(s.ada, filesapi.GetUsage, api.Empty{}).Want(200).Golden()
	plenty := slipwaytest.Do(s.As("customer", "admin"), filesapi.GetUsage, api.Empty{}).Want(200).Body
	if plenty.Files != 0 || plenty.MaxFiles != 20000 {
		t.Errorf("the usage is %+v, want none of plenty", plenty)
	}

	t.Run("is told of each kind that one may upload or has", func(t *testing.T) {
		kinds := func(k *slipwaytest.Kit) (all []string) {
			for _, p := range slipwaytest.Do(k, filesapi.GetUsage, api.Empty{}).Want(200).Body.Profiles {
				all = append(all, fmt.Sprintf("%s.%s %d of %d, %d bytes", p.Module, p.Profile, p.Files, p.MaxFiles, p.Bytes))
			}
			return all
		}
		reader := s.Claims(authtest.User(s.ada.Subject(), "files:read")).In(t)
		if got, want := kinds(reader), []string{fmt.Sprintf("album.documents 1 of 20, %d bytes", len(aDocument.text))}; !slices.Equal(got, want) {
			t.Errorf("who may upload nothing is told of %q, want %q: what there is", got, want)
		}
		if got := strings.Join(kinds(s.As("customer").In(t)), "; "); !strings.Contains(got, "album.photos 0 of 100, 0 bytes") || strings.Contains(got, "album.exports") {
			t.Errorf("a customer is told of %s, want photos, and no exports, which the album makes itself", got)
		}
	})
}

// An issuer of one's own gives its users subjects of which nobody here knows.
func TestOwn_byAUserWithTheNameOfAModule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	album, eve := w.Service("album", "files", "files:write", "files:read").In(t), w.User("album", "files:read", "files:write").In(t)
	export := fileOf(t, send(album, "exports", filePart("a.csv", "a,b\n"), end).Want(201))
	hers := fileOf(t, send(eve, "documents", filePart("a.txt", hello), end).Want(201))

	slipwaytest.Do(eve, filesapi.Get, filesapi.FileInput{ID: export.ID}).Want(404)
	slipwaytest.Do(eve, filesapi.Delete, filesapi.FileInput{ID: export.ID}).Want(404)
	download(eve, contentPath(export.ID)).Want(404)
	download(album, contentPath(export.ID)).Want(200)
	download(eve, contentPath(hers.ID)).Want(200)
	if all := slipwaytest.Do(eve, filesapi.List, filesapi.ListInput{}).Want(200).Body.Files; len(all) != 1 || all[0].ID != hers.ID {
		t.Errorf("her files are %+v, want hers alone", all)
	}
	w.wantUsage(t, "album", limit{1, int64(len(hello))})
	w.sound(t)
}
