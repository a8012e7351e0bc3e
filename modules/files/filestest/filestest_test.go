package filestest_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/filestest"
	"github.com/slipway-go/slipway/slipwaytest"
)

// The clerk is a module that has files, and does with them what it is told.
var (
	clerkModule = api.Module("clerk")
	letters     = filesapi.Define(clerkModule, "letters", filesapi.Rules{Doc: "Letters", Types: []filesapi.Type{filesapi.Text}, MaxBytes: 100})
	stamps      = filesapi.Define(clerkModule, "stamps", filesapi.Rules{
		Doc: "Stamps", Types: []filesapi.Type{filesapi.PNG}, MaxBytes: 100, Visibility: filesapi.Public,
		Image: &filesapi.Image{Variants: []filesapi.Variant{{Name: "thumb", Width: 30, Height: 20}}},
	})
	act        = api.POST[actInput, outcome](clerkModule, "/clerk/{what}", auth.Public("a test"), "Do something with a file")
	actForUser = api.POST[actInput, outcome](clerkModule, "/clerk/users/{what}", auth.Need(filesapi.Read), "Do something with a file for whoever asks")
)

type actInput struct {
	What string `path:"what"`
	Body struct {
		ID    uuid.UUID `json:"id,omitempty"`
		Name  string    `json:"name,omitempty"`
		Owner string    `json:"owner,omitempty"`
		Text  string    `json:"text,omitempty"`
	}
}

type outcome struct {
	File filesapi.File `json:"file"`
	Text string        `json:"text"`
}

func clerk() slipway.Module {
	return slipway.NewModule(clerkModule, func(m *slipway.Setup, _ struct{}) error {
		c := m.Calls(filesapi.Module)
		api.Handle(m, act, func(ctx context.Context, in actInput) (outcome, error) {
			return told(do(auth.AsService(ctx, "the test says so"), c, in))
		})
		api.Handle(m, actForUser, func(ctx context.Context, in actInput) (outcome, error) { return told(do(ctx, c, in)) })
		return nil
	}, slipway.Calls(filesapi.Module))
}

// told passes a refusal on.
func told(out outcome, err error) (outcome, error) {
	if p, ok := api.Refused(err); ok {
		return out, p
	}
	return out, err
}

func do(ctx context.Context, c api.Caller, in actInput) (out outcome, err error) {
	file := filesapi.FileInput{ID: in.Body.ID}
	switch in.What {
	case "send":
		out.File, err = filesapi.Send(ctx, c, letters, filesapi.NewFile{Name: in.Body.Name, Owner: in.Body.Owner, Reader: strings.NewReader(in.Body.Text)})
	case "get":
		out.File, err = api.Call(ctx, c, filesapi.Get, file)
	case "attach":
		out.File, err = api.Call(ctx, c, filesapi.Attach, filesapi.AttachInput{ID: in.Body.ID, Body: filesapi.Attachment{Reference: in.Body.Text}})
	case "detach":
		_, err = api.Call(ctx, c, filesapi.Detach, file)
	case "delete":
		_, err = api.Call(ctx, c, filesapi.Delete, file)
	case "link", "link a variant":
		request := filesapi.LinkRequest{Seconds: 60}
		if in.What == "link a variant" {
			request.Variant = "thumb"
		}
		_, err = api.Call(ctx, c, filesapi.Link, filesapi.LinkInput{ID: in.Body.ID, Body: request})
	case "open":
		var d *filesapi.Download
		if d, err = filesapi.Open(ctx, c, in.Body.ID); err == nil {
			defer d.Close()
			var b []byte
			b, err = io.ReadAll(d)
			out.Text = fmt.Sprintf("%s %d %s", d.Type, d.Size, b)
		}
	}
	return out, err
}

func TestMain(m *testing.M) { slipwaytest.Main(m, files.New(), clerk()) }

// The double and the module answer the same to one scenario.
func TestFiles_asTheModule(t *testing.T) {
	t.Parallel()
	module := slipwaytest.Tx(t, files.New(), clerk())
	double := slipwaytest.Tx(t, clerk())
	filestest.New(t, double, clerkModule)
	got, want := scenario(double), scenario(module)
	if !slices.Equal(got, want) {
		t.Errorf("the double answers\n%s\nthe module\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(want) < 12 || !strings.Contains(want[0], "200") {
		t.Errorf("the scenario shows nothing: %q", want)
	}
}

// A play is the lines of a scenario: what was done, and what came of it.
type play struct {
	k     *slipwaytest.Kit
	lines []string
}

func (p *play) tell(who *slipwaytest.Kit, operation *api.Operation[actInput, outcome], in actInput) filesapi.File {
	a := slipwaytest.Do(who, operation, in)
	f := a.Body.File
	p.lines = append(p.lines, fmt.Sprint(in.What, " ", a.Status, " ", a.Problem.Code, " ", f.Name, f.Owner, f.Type, f.Size, f.SHA256, f.State, f.Reason, f.Reference, f.Visibility, f.ExpiresAt != nil, " ", a.Body.Text))
	return f
}

// send has the clerk send a file for somebody.
func (p *play) send(name, owner, text string) filesapi.File {
	in := actInput{What: "send"}
	in.Body.Name, in.Body.Owner, in.Body.Text = name, owner, text
	return p.tell(p.k.Anonymous(), act, in)
}

func on(id uuid.UUID, what string) actInput {
	in := actInput{What: what}
	in.Body.ID, in.Body.Text = id, "letter-7"
	return in
}

// clerk does something with a file, on its own.
func (p *play) clerk(id uuid.UUID, all ...string) {
	for _, what := range all {
		p.tell(p.k.Anonymous(), act, on(id, what))
	}
}

// user does something with a file, through the clerk.
func (p *play) user(name string, id uuid.UUID, all ...string) {
	for _, what := range all {
		p.tell(p.k.User(name, "files:read", "files:write"), actForUser, on(id, what))
	}
}

func scenario(k *slipwaytest.Kit) []string {
	p := &play{k: k}
	f := p.send("a.txt", "ada", "Dear Ada,\n")
	p.send("a.exe", "ada", "x")
	p.send("a.txt", "ada", "")
	p.send("a.txt", "ada", strings.Repeat("long ", 100))
	p.clerk(f.ID, "get", "open", "link", "link a variant", "attach", "get", "link", "detach", "get", "detach", "attach", "open", "link")
	p.clerk(p.send("b.txt", "ada", "Dear Ben,\n").ID, "delete", "get", "delete", "link")
	p.clerk(uuid.Nil, "get", "open", "attach", "detach", "delete", "link")

	f = p.send("c.txt", "ada", "Dear Cy,\n")
	p.user("ben", f.ID, "get", "open", "link", "attach", "detach", "delete")
	p.user("ada", f.ID, "get", "open", "link", "attach", "get", "delete", "get", "open", "delete", "detach")
	own := p.send("d.txt", "", "Dear Di,\n")
	p.user("clerk", own.ID, "get", "open", "link", "attach", "detach", "delete") // a user of the module's name
	p.clerk(own.ID, "get", "open", "detach", "get")
	return p.lines
}

// reader is a module that wants to hear of everything.
func reader(hear func(filesapi.File)) slipway.Module {
	note := jobs.Func[filesapi.File](func(_ context.Context, d jobs.Delivery[filesapi.File]) (jobs.Effect, error) {
		hear(d.Data)
		return jobs.Done, nil
	})
	return slipway.NewModule(api.Module("reader"), func(m *slipway.Setup, _ struct{}) error {
		jobs.On(m, "note-stored", filesapi.Stored, note)
		jobs.On(m, "note-rejected", filesapi.Rejected, note)
		jobs.On(m, "note-deleted", filesapi.Deleted, note)
		return nil
	}, slipway.Subscribes(filesapi.Stored, filesapi.Rejected, filesapi.Deleted),
		slipway.Migrations(fstest.MapFS{"00001_reader.sql": {Data: []byte("-- +goose Up\nSELECT 1;\n\n-- +goose Down\nSELECT 1;\n")}}))
}

// What a test says was uploaded reaches the jobs of the module.
func TestFiles_Stored(t *testing.T) {
	t.Parallel()
	heard := make(chan filesapi.File, 1)
	k := slipwaytest.Tx(t, reader(func(f filesapi.File) { heard <- f }), clerk())
	double := filestest.New(t, k, clerkModule)
	f := double.Stored(letters, "ada", "a.txt", nil)
	if got := <-heard; got.ID != f.ID || !letters.Has(got) || double.File(f.ID).State != filesapi.StateStored {
		t.Errorf("the job heard of %+v, want %+v", got, f)
	}
}

// A file that was announced is there before it is stored, and then has what its profile wants.
func TestFiles_Announced(t *testing.T) {
	t.Parallel()
	heard := make(chan filesapi.File, 1)
	k := slipwaytest.Tx(t, reader(func(f filesapi.File) { heard <- f }), clerk())
	double := filestest.New(t, k, clerkModule)
	f := double.Announced(stamps, "ada", "a.png")
	if f.State != filesapi.StatePending || f.Variants != nil || len(heard) > 0 {
		t.Errorf("the file is %+v, want it pending, and nobody to have heard of it", f)
	}
	slipwaytest.Do(k.Anonymous(), act, on(f.ID, "attach")).WantCode(409, filesapi.CodeNotStored)
	double.Store(f.ID, nil)
	want := []filesapi.Rendered{{Name: "thumb", URL: f.URL + "/thumb", Width: 30, Height: 20}}
	if got := <-heard; got.State != filesapi.StateStored || !slices.Equal(got.Variants, want) {
		t.Errorf("the job heard of %+v, want it stored with %+v", got, want)
	}
	late := double.Announced(stamps, "ada", "b.png")
	slipwaytest.Do(k.Anonymous(), act, on(late.ID, "detach")).Want(200)
	if got := double.File(late.ID).State; got != filesapi.StateDeleted {
		t.Errorf("a file that was let go of while it came is %s, want it deleted", got)
	}
	slipwaytest.Do(k.Anonymous(), act, on(f.ID, "link a variant")).Want(200)
	slipwaytest.Do(k.Anonymous(), act, on(f.ID, "attach")).Want(200)
}

// What is refused or lost has no content and no end any more, as at the module.
func TestFiles_ended(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, reader(func(filesapi.File) {}), clerk())
	double := filestest.New(t, k, clerkModule)
	lost := double.Stored(letters, "ada", "a.txt", nil)
	double.Lose(lost.ID, filesapi.ReasonLost)
	for _, f := range []filesapi.File{double.Reject(double.Announced(letters, "ada", "b.txt").ID, filesapi.ReasonScript), double.File(lost.ID)} {
		if f.Reason == "" || f.SHA256 != "" || f.ExpiresAt != nil {
			t.Errorf("the file is %+v, want it without a hash and an end", f)
		}
	}
}
