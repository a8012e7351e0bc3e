package slipwaytest_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) {
	// Many tests here fail on purpose; nobody wants to look into their databases.
	if _, ok := os.LookupEnv("SLIPWAY_TEST_KEEP"); !ok {
		if err := os.Setenv("SLIPWAY_TEST_KEEP", "0"); err != nil {
			panic(err) // the name is fine
		}
	}
	slipwaytest.Main(m, greet.New(), notes.New(), leftHand(), rightHand())
}

// failing is a test that is expected to fail: it keeps what is said instead.
type failing struct {
	testing.TB
	mu   sync.Mutex
	said []string
}

func (f *failing) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

type stopped struct{}

func (f *failing) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

func (f *failing) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(stopped{})
}

// run returns what the test said when it failed.
func (f *failing) run(test func()) (said string) {
	defer func() {
		if p := recover(); p != nil && p != any(stopped{}) {
			panic(p)
		}
		said = strings.Join(f.said, "\n")
	}()
	test()
	return ""
}

func writing(text string) notesapi.CreateInput {
	in := notesapi.CreateInput{}
	in.Body.Text = text
	return in
}

func TestReply(t *testing.T) {
	t.Parallel()

	t.Run("refuses what the neighbour could not answer", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(t, notes.New()).In(f)
		said := f.run(func() {
			slipwaytest.Reply(k, acquiringapi.Claim, acquiringapi.Claimed{Owner: "anna", Total: money.Money{Amount: 1, Currency: "no currency"}})
		})
		if !strings.Contains(said, "does not fit the contract of PUT /payables/{id}/claim") {
			t.Errorf("the kit said %q", said)
		}
	})

	t.Run("names the call for which there is no reply", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		slipwaytest.Do(slipwaytest.Tx(f, notes.New()).As("customer"), notesapi.Create, writing("milk"))
		if got, want := strings.Join(f.said, "\n"), `notes called GET /greetings/writer of greet, for which the test has no reply: add slipwaytest.Reply(k, …) with the operation, or give the world the module greet`; !strings.Contains(got, want) {
			t.Errorf("the kit said %q, want %q", got, want)
		}
	})

	t.Run("lets the latest reply stand", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Tx(t, notes.New())
		slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "one"})
		slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "two"})
		if got := slipwaytest.Do(k.As("customer"), notesapi.Create, writing("x")).Want(201).Body.Text; got != "two: x" {
			t.Errorf("text = %q", got)
		}
	})
}

func TestReply_toANeedAndToWhatServesIt(t *testing.T) {
	t.Parallel()
	served := api.Serve(api.Module("store"), weigh)
	k := slipwaytest.Tx(t, asker())
	for grams := int64(1); grams < 9; grams += 2 {
		slipwaytest.Reply(k, weigh, weight{grams})
		slipwaytest.Reply(k, served, weight{grams + 1})
		if got := slipwaytest.Do(k.User("anna"), heavy, thingInput{"cup"}).Want(200).Body.Grams; got != grams+1 {
			t.Errorf("grams = %d, want %d of the latest reply", got, grams+1)
		}
	}
	slipwaytest.Fail(k, weigh, slipwaytest.Status(500))
	slipwaytest.Do(k.User("anna"), heavy, thingInput{"cup"}).Want(500)
}

func TestReply_toRoutesThatOverlap(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	k := slipwaytest.Tx(f, asker())
	type twoNames struct {
		A string `path:"a"`
	}
	slipwaytest.Reply(k, api.GET[twoNames, weight](api.Module("store"), "/things/{a}/weight", auth.SignedIn(), "Weigh"), weight{1})
	slipwaytest.Reply(k, api.GET[twoNames, weight](api.Module("store"), "/things/cup/{a}", auth.SignedIn(), "Weigh"), weight{1})
	slipwaytest.Reply(k, put, thing{Count: 3})
	slipwaytest.Do(k.User("anna"), ask, asking("cup", 2)).Want(200)
	want := "the test replies to GET /things/cup/{a} and to GET /things/{a}/weight of store, and one request may be both"
	if said := strings.Join(f.said, "\n"); !strings.Contains(said, want) {
		t.Errorf("the kit said %q, want %q in it", said, want)
	}
}

func TestWant(t *testing.T) {
	t.Parallel()
	f := &failing{TB: t}
	k := slipwaytest.Tx(t, greet.New()).As("customer").In(f)
	said := f.run(func() { slipwaytest.Do(k, greetapi.Hello, greetapi.HelloInput{Name: "nobody"}).Want(200) })
	for _, want := range []string{"got 404, want 200", "GET /greetings/nobody", "nobody is not here"} {
		if !strings.Contains(said, want) {
			t.Errorf("the kit said %q, want %q in it", said, want)
		}
	}
}

func TestTx_leavesNothing(t *testing.T) {
	t.Parallel()
	var id notesapi.GetInput
	t.Run("one test writes", func(t *testing.T) {
		k := slipwaytest.Tx(t, notes.New()).User("anna", "notes:read", "notes:write", "greet:read")
		slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})
		id.ID = slipwaytest.Do(k, notesapi.Create, writing("milk")).Want(201).Body.ID
		slipwaytest.Do(k, notesapi.Get, id).Want(200)
	})
	t.Run("the next does not see it", func(t *testing.T) {
		k := slipwaytest.Tx(t, notes.New()).User("anna", "notes:read")
		slipwaytest.Do(k, notesapi.Get, id).Want(404)
	})
}
