// Package filestest stands in for module files in tests of other modules.
//
// A test says what was uploaded, and the double answers for it as module files would: to the
// module of the file and to its owner, by its state, with the same codes.
//
//	k := slipwaytest.Tx(t, catalog.New())
//	files := filestest.New(t, k, catalogapi.Module)
//	photo := files.Stored(catalogapi.Photos, ada.Subject(), "mug.jpg", nil)
//	…
//	if got := files.File(photo.ID).Reference; got != "mug-blue" {
//
// # Guaranteed
//
// What the double answers to [filesapi.Get], [filesapi.Attach], [filesapi.Detach],
// [filesapi.Delete], [filesapi.Link], [filesapi.Send] and [filesapi.Open] is what the module
// answers to a module, on its own and for a user, but for the addresses of links. One scenario is
// run against both.
//
// # Not guaranteed
//
// What users are answered who ask past their module is not compared, nor what [Files.Reject]
// and [Files.Lose] leave. The double looks into no content, knows no quota and no clock, and
// serves no variants, though it tells of them. Faults come from [slipwaytest.Fail], and from
// [Files.Reject] and [Files.Lose]. Where the content counts, give the world module files itself.
package filestest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// Files are those that the modules of one world find at module files.
type Files struct {
	kit      *slipwaytest.Kit
	t        testing.TB
	profiles []*filesapi.Profile

	mu  sync.Mutex
	all map[uuid.UUID]*entry
}

type entry struct {
	filesapi.File

	profile *filesapi.Profile
	own     bool // it is the module's own, and not a user's of its name
	content []byte
}

// New lets the double answer for module files in the kit's world, to which the contracts
// belong that declare profiles.
func New(t testing.TB, k *slipwaytest.Kit, contracts ...*api.Contract) *Files {
	t.Helper()
	f := &Files{kit: k, t: t, all: map[uuid.UUID]*entry{}}
	for _, c := range contracts {
		f.profiles = append(f.profiles, filesapi.Profiles(c)...)
	}
	slipwaytest.Serve(k, filesapi.Get, f.get)
	slipwaytest.Serve(k, filesapi.Attach, f.attach)
	slipwaytest.Serve(k, filesapi.Detach, f.remove)
	slipwaytest.Serve(k, filesapi.Delete, f.remove)
	slipwaytest.Serve(k, filesapi.Link, f.link)
	slipwaytest.Mount(k, filesapi.Content, http.HandlerFunc(f.download))
	slipwaytest.Mount(k, filesapi.Upload, http.HandlerFunc(f.upload))
	return f
}

// Announced says that somebody is about to upload a file: it is pending, and nobody hears of it.
func (f *Files) Announced(p *filesapi.Profile, owner, name string) filesapi.File {
	f.t.Helper()
	file, refusal := f.add(p, owner, name)
	if refusal != nil {
		f.t.Fatalf("%s was not announced: %v; the profile admits %v", name, refusal, p.Rules().Types)
	}
	return file
}

// Stored says that somebody has uploaded a file, as [Files.Announced] and [Files.Store] do.
// Without content it has a few bytes.
func (f *Files) Stored(p *filesapi.Profile, owner, name string, content []byte) filesapi.File {
	f.t.Helper()
	return f.Store(f.Announced(p, owner, name).ID, content)
}

// Store says that the content of a file has come and was checked, with all the variants that its
// profile wants, as large as they may be. It returns when the jobs have run of those who
// subscribe to [filesapi.Stored]. Without content it has a few bytes.
func (f *Files) Store(id uuid.UUID, content []byte) filesapi.File {
	f.t.Helper()
	file := f.settle(id, func(e *entry) {
		if content == nil {
			content = []byte("content of " + e.Name)
		}
		e.store(content)
	})
	slipwaytest.Deliver(f.kit.In(f.t), filesapi.Stored, id.String(), file)
	return file
}

// Reject says that a file was refused, and why, and returns when the jobs have run of those who
// subscribe to [filesapi.Rejected].
func (f *Files) Reject(id uuid.UUID, reason filesapi.Reason) filesapi.File {
	f.t.Helper()
	file := f.settle(id, func(e *entry) { e.end(filesapi.StateRejected, reason) })
	slipwaytest.Deliver(f.kit.In(f.t), filesapi.Rejected, id.String(), file)
	return file
}

// Lose says that the content of a file is gone, and why, and returns when the jobs have run of
// those who subscribe to [filesapi.Deleted].
func (f *Files) Lose(id uuid.UUID, reason filesapi.Reason) {
	f.t.Helper()
	file := f.change(id, func(e *entry) { e.end(filesapi.StateDeleted, reason) })
	slipwaytest.Deliver(f.kit.In(f.t), filesapi.Deleted, id.String(), file)
}

// File returns what is known of a file now: its reference, say.
func (f *Files) File(id uuid.UUID) filesapi.File {
	f.t.Helper()
	return f.change(id, func(*entry) {})
}

// settle changes a file that is pending: of another it is decided already.
func (f *Files) settle(id uuid.UUID, change func(*entry)) filesapi.File {
	f.t.Helper()
	return f.change(id, func(e *entry) {
		if e.State != filesapi.StatePending {
			f.t.Fatalf("the file %s is %s: only one that was announced can be stored or rejected", id, e.State)
		}
		change(e)
	})
}

func (f *Files) change(id uuid.UUID, change func(*entry)) filesapi.File {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.all[id]
	if e == nil {
		f.t.Fatalf("there is no file %s: Stored and Announced return those that there are", id)
	}
	change(e)
	return e.File
}

// add notes a pending file.
func (f *Files) add(p *filesapi.Profile, owner, name string) (filesapi.File, *problem.Error) {
	i := slices.IndexFunc(p.Rules().Types, func(t filesapi.Type) bool { return t.Fits(name) })
	if i < 0 {
		return filesapi.File{}, rejected(filesapi.ReasonName, "its extension %q is none of the profile's types", path.Ext(name))
	}
	e := &entry{profile: p, File: filesapi.File{
		ID: uuid.Must(uuid.NewV7()), Module: p.Module(), Profile: p.Name(), Owner: owner, Name: name, Type: p.Rules().Types[i],
		State: filesapi.StatePending, Visibility: p.Rules().Visibility, CreatedAt: time.Now().UTC(),
	}}
	e.URL = e.address("/files/%s/content", "/media/%s")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[e.ID] = e
	return e.File, nil
}

func (e *entry) store(content []byte) {
	sum, until := sha256.Sum256(content), time.Now().Add(e.profile.Rules().AttachWithin)
	e.content, e.State, e.Size, e.SHA256, e.ExpiresAt = content, filesapi.StateStored, int64(len(content)), hex.EncodeToString(sum[:]), &until
	if image := e.profile.Rules().Image; image != nil && e.Type.IsImage() {
		e.render(image.Variants)
	}
}

// render tells of variants, in the order in which the module does.
func (e *entry) render(wanted []filesapi.Variant) {
	for _, v := range wanted {
		e.Variants = append(e.Variants, filesapi.Rendered{Name: v.Name, URL: e.address("/files/%s/variants/", "/media/%s/") + v.Name, Width: v.Width, Height: v.Height})
	}
	slices.SortFunc(e.Variants, func(a, b filesapi.Rendered) int {
		return cmp.Or(cmp.Compare(a.Width, b.Width), cmp.Compare(a.Name, b.Name))
	})
}

// address is one of the two, by who may download the file.
func (e *entry) address(private, public string) string {
	if e.Visibility == filesapi.Public {
		return fmt.Sprintf(public, e.ID)
	}
	return fmt.Sprintf(private, e.ID)
}

func rejected(reason filesapi.Reason, format string, args ...any) *problem.Error {
	return problem.Unprocessable(format, args...).WithCode(filesapi.CodeRejected).WithField("reason", string(reason))
}

// find returns a file of whoever asks; f.mu is held.
func (f *Files) find(ctx context.Context, id uuid.UUID) (*entry, error) {
	none := problem.NotFound("there is no file %s, or it is not yours", id)
	e := f.all[id]
	if e == nil {
		return nil, none
	}
	p, ok := auth.PrincipalFrom(ctx)
	if ok && p.Service() != "" && p.Service() != e.Module || e.own && !(ok && p.IsService()) {
		return nil, none
	}
	if err := auth.Own(ctx, e.Owner); err != nil {
		return nil, none
	}
	return e, nil
}

func (f *Files) get(ctx context.Context, in filesapi.FileInput) (filesapi.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, err := f.find(ctx, in.ID)
	if err != nil {
		return filesapi.File{}, err
	}
	return e.File, nil
}

func (f *Files) attach(ctx context.Context, in filesapi.AttachInput) (filesapi.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, err := f.find(ctx, in.ID)
	if err != nil {
		return filesapi.File{}, err
	}
	if e.State != filesapi.StateStored {
		return filesapi.File{}, notStored(e)
	}
	if e.Reference == in.Body.Reference {
		return e.File, nil
	}
	e.Reference, e.ExpiresAt = in.Body.Reference, nil
	if keep := e.profile.Rules().KeepFor; keep > 0 {
		e.ExpiresAt = new(time.Now().Add(keep))
	}
	return e.File, nil
}

func notStored(e *entry) *problem.Error {
	return problem.Conflict("the file %s is not stored but %s", e.ID, e.State).WithCode(filesapi.CodeNotStored)
}

// remove is Detach and Delete: a module lets go of a file, an owner only of one that no module uses.
func (f *Files) remove(ctx context.Context, in filesapi.FileInput) (none api.Empty, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, err := f.find(ctx, in.ID)
	if err != nil {
		return none, err
	}
	p, _ := auth.PrincipalFrom(ctx)
	switch {
	case e.isGone():
	case p.Service() == e.Module:
		e.end(filesapi.StateDeleted, filesapi.ReasonDetached)
	case e.Reference != "":
		return none, problem.Conflict("the file %s is part of something that %s has", e.ID, e.Module).WithCode(filesapi.CodeAttached)
	default:
		e.end(filesapi.StateDeleted, filesapi.ReasonByOwner)
	}
	return none, nil
}

func (e *entry) isGone() bool {
	return e.State == filesapi.StateRejected || e.State == filesapi.StateExpired || e.State == filesapi.StateDeleted
}

// end removes the content at once; at the module a job does.
func (e *entry) end(state filesapi.State, reason filesapi.Reason) {
	e.State, e.Reason, e.SHA256, e.Variants, e.content, e.ExpiresAt = state, reason, "", nil, nil, nil
}

func (f *Files) link(ctx context.Context, in filesapi.LinkInput) (filesapi.SignedLink, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e, err := f.find(ctx, in.ID)
	if err != nil {
		return filesapi.SignedLink{}, err
	}
	if e.State != filesapi.StateStored {
		return filesapi.SignedLink{}, notStored(e)
	}
	if v := in.Body.Variant; v != "" && !slices.ContainsFunc(e.Variants, func(r filesapi.Rendered) bool { return r.Name == v }) {
		return filesapi.SignedLink{}, problem.NotFound("the file %s has no variant %.31q", e.ID, in.Body.Variant)
	}
	until := time.Now().Add(time.Duration(in.Body.Seconds) * time.Second).Truncate(time.Second).UTC()
	return filesapi.SignedLink{URL: "http://localhost/media/links/" + e.ID.String(), Expires: until}, nil
}

func (f *Files) download(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	id, err := uuid.Parse(r.PathValue("id"))
	if err != nil {
		api.Fail(w, r, problem.NotFound("there is no file %q, or it is not yours", r.PathValue("id")))
		return
	}
	e, err := f.find(r.Context(), id)
	switch {
	case err != nil:
		api.Fail(w, r, err)
	case e.State != filesapi.StateStored:
		api.Fail(w, r, notStored(e))
	default:
		w.Header().Set("Content-Type", string(e.Type))
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(e.content))
	}
}

// upload serves what a module sends; the profile's own rules are those of its contract.
func (f *Files) upload(w http.ResponseWriter, r *http.Request) {
	file, err := f.receive(r)
	if err != nil {
		api.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(file) // the caller may be gone
}

func (f *Files) profile(module, name string) *filesapi.Profile {
	for _, p := range f.profiles {
		if p.Module() == module && p.Name() == name {
			return p
		}
	}
	return nil
}

func (f *Files) receive(r *http.Request) (filesapi.File, error) {
	p := f.profile(r.PathValue("module"), r.PathValue("profile"))
	who, _ := auth.PrincipalFrom(r.Context())
	switch {
	case p == nil:
		return filesapi.File{}, problem.NotFound("no module declares files of this kind").WithCode(filesapi.CodeUnknownProfile)
	case who.Service() != p.Module():
		return filesapi.File{}, problem.Forbidden("files of the kind %s are uploaded by module %s", p, p.Module()).WithCode(filesapi.CodeNotForUsers)
	}
	part, header, err := r.FormFile("file")
	if err != nil {
		return filesapi.File{}, problem.Unprocessable("the form has no file").Wrap(err)
	}
	content, err := io.ReadAll(part)
	if err != nil {
		return filesapi.File{}, err
	}
	owner := r.FormValue("owner")
	if owner == "" {
		owner = who.Subject
	}
	switch {
	case len(content) == 0:
		return filesapi.File{}, rejected(filesapi.ReasonEmpty, "it has no byte")
	case int64(len(content)) > p.Rules().MaxBytes:
		return filesapi.File{}, rejected(filesapi.ReasonTooLarge, "it may have up to %d bytes", p.Rules().MaxBytes)
	}
	file, refusal := f.add(p, owner, header.Filename)
	if refusal != nil {
		return filesapi.File{}, refusal
	}
	return f.change(file.ID, func(e *entry) {
		e.own = who.IsService() && owner == who.Subject
		e.store(content)
	}), nil
}
