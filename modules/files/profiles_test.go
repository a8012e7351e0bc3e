package files

import (
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// In a deployment a process of the release before gets files of a profile that is new, and
// leaves them to those that know it.
func TestProfiles_unknown(t *testing.T) {
	t.Parallel()

	t.Run("leaves the checks to another process", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		ada := w.As("customer")
		id := w.arrive(t, ada, "documents", "a.txt", hello)
		known := w.forgetProfiles()
		w.LetJobsFail()
		complete(ada, id).Want(202)
		w.wantState(t, id, filesapi.StateUploaded, "")
		w.service.profiles = known
		w.RunJobs()
		w.wantState(t, id, filesapi.StateStored, "")
	})

	t.Run("keeps no image as it came that is to be encoded anew", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		r := w.unrendered(t)
		known := w.forgetProfiles()
		w.RunJobs()
		w.wantState(t, r.ID, filesapi.StateChecked, "")
		w.service.profiles = known
		w.RunJobs()
		if r := w.record(t, r.ID); r.State != filesapi.StateStored || len(r.Renditions) != 2 {
			t.Errorf("the file is %s with %+v, want it stored with both variants", r.State, r.Renditions)
		}
	})

	t.Run("attaches nothing without knowing for how long", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.shelve(t, "ada", aDocument)
		w.forgetProfiles()
		in := filesapi.AttachInput{ID: id, Body: filesapi.Attachment{Reference: "a page"}}
		slipwaytest.Do(w.album(t), filesapi.Attach, in).Want(503)
	})
}

// forgetProfiles has the process know none, and returns those that there are.
func (w *world) forgetProfiles() profiles {
	known := w.service.profiles
	w.service.profiles = profiles{}
	return known
}
