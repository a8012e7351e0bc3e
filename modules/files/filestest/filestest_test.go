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
	act         = api.POST[actInput, outcome](clerkModule, "/clerk/{what}", auth.Public("a test"), "Do something with a file")
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
			out, err := do(auth.AsService(ctx, "the test says so"), c, in)
			if p, ok := api.Refused(err); ok {
				return out, p
			}
			return out, err
		})
		return nil
	}, slipway.Calls(filesapi.Module))
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

func scenario(k *slipwaytest.Kit) (lines []string) {
	tell := func(what string, change func(*actInput)) outcome {
		in := actInput{What: what}
		change(&in)
		a := slipwaytest.Do(k.Anonymous(), act, in)
		f := a.Body.File
		lines = append(lines, fmt.Sprint(what, " ", a.Status, " ", a.Problem.Code, " ", f.Name, f.Owner, f.Type, f.Size, f.SHA256, f.State, f.Reference, f.Visibility, f.ExpiresAt != nil, " ", a.Body.Text))
		return a.Body
	}
	send := func(name, text string) outcome {
		return tell("send", func(in *actInput) { in.Body.Name, in.Body.Owner, in.Body.Text = name, "ada", text })
	}
	f := send("a.txt", "Dear Ada,\n").File
	send("a.exe", "x")
	send("a.txt", "")
	send("a.txt", strings.Repeat("long ", 100))
	on := func(what string, id uuid.UUID) {
		tell(what, func(in *actInput) { in.Body.ID, in.Body.Text = id, "letter-7" })
	}
	for _, what := range []string{"get", "open", "link", "link a variant", "attach", "get", "link", "detach", "get", "detach", "attach", "open", "link"} {
		on(what, f.ID)
	}
	deleted := send("b.txt", "Dear Ben,\n").File
	for _, what := range []string{"delete", "get", "delete", "link"} {
		on(what, deleted.ID)
	}
	for _, what := range []string{"get", "open", "attach", "detach", "delete", "link"} {
		on(what, uuid.Nil)
	}
	return lines
}

// What a test says was uploaded reaches the jobs of the module.
func TestFiles_Stored(t *testing.T) {
	t.Parallel()
	heard := make(chan filesapi.File, 1)
	reader := slipway.NewModule(api.Module("reader"), func(m *slipway.Setup, _ struct{}) error {
		jobs.On(m, "note", filesapi.Stored, jobs.Func[filesapi.File](func(_ context.Context, d jobs.Delivery[filesapi.File]) (jobs.Effect, error) {
			heard <- d.Data
			return jobs.Done, nil
		}))
		return nil
	}, slipway.Subscribes(filesapi.Stored), slipway.Migrations(fstest.MapFS{"00001_reader.sql": {Data: []byte("-- +goose Up\nSELECT 1;\n\n-- +goose Down\nSELECT 1;\n")}}))
	k := slipwaytest.Tx(t, reader, clerk())
	double := filestest.New(t, k, clerkModule)
	f := double.Stored(letters, "ada", "a.txt", nil)
	if got := <-heard; got.ID != f.ID || !letters.Has(got) || double.File(f.ID).State != filesapi.StateStored {
		t.Errorf("the job heard of %+v, want %+v", got, f)
	}
}
