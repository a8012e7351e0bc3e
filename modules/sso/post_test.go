package sso_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A provider is a Sender that fails as long as it is told to.
type provider struct {
	mu   sync.Mutex
	fail error
	got  []sso.Message
}

func (p *provider) Send(_ context.Context, m sso.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, m)
	return p.fail
}

func (p *provider) heals() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fail = nil
}

func (p *provider) sent() []sso.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sso.Message(nil), p.got...)
}

func TestMessages_AreSealedWhereTheyWait(t *testing.T) {
	t.Parallel()
	p := &provider{}
	w := newWorld(t, nil, sso.WithMail(p))
	w.register(t, "ada@example.com")
	var waiting string
	if err := w.DB("sso").QueryRow(t.Context(), `SELECT string_agg(data::text || key, ' ') FROM kit_delivery`).Scan(&waiting); err != nil {
		t.Fatal(err)
	}
	sent := p.sent()
	if len(sent) != 1 || sent[0].Code == "" || sent[0].Kind != sso.KindConfirm || sent[0].ID == "" {
		t.Fatalf("sent = %+v", sent)
	}
	if strings.Contains(waiting, sent[0].Code) || strings.Contains(waiting, "ada@") || strings.Contains(w.Log(), sent[0].Code) {
		t.Errorf("the code or the address can be read in %s, or in the log", waiting)
	}
	var target string
	if err := w.DB("sso").QueryRow(t.Context(), `SELECT encode(target, 'escape') FROM challenges`).Scan(&target); err != nil || strings.Contains(target, "ada") {
		t.Errorf("the challenge tells the address: %q, %v", target, err)
	}
}

func TestMessages(t *testing.T) {
	inBubble := func(t *testing.T, fail error, body func(t *testing.T, w *world, p *provider)) {
		t.Helper()
		p := &provider{fail: fail}
		slipwaytest.BubbleWith(t, withSecret(nil), product(sso.WithMail(p)), func(t *testing.T, k *slipwaytest.Kit) {
			k.LetJobsFail()
			body(t, &world{k}, p)
		})
	}
	t.Run("are sent again while they are of use, and no longer", func(t *testing.T) {
		inBubble(t, errors.New("the server is away"), func(t *testing.T, w *world, p *provider) {
			signUp(w.Kit, ada).Want(201)
			time.Sleep(2 * time.Minute)
			w.RunJobs()
			if n := len(p.sent()); n != 2 {
				t.Fatalf("%d attempts, want 2", n)
			}
			if again := p.sent(); again[0].ID != again[1].ID || again[0].ID == "" {
				t.Errorf("the attempts cannot be told to be one message: %q and %q", again[0].ID, again[1].ID)
			}
			p.heals()
			time.Sleep(4 * time.Minute)
			w.RunJobs()
			if n := len(p.sent()); n != 2 {
				t.Errorf("a code was sent that had expired")
			}
		})
	})
	t.Run("are not sent again when the provider says that it is of no use", func(t *testing.T) {
		inBubble(t, problem.Unprocessable("no such mailbox"), func(t *testing.T, w *world, p *provider) {
			signUp(w.Kit, ada).Want(201)
			time.Sleep(time.Minute)
			w.RunJobs()
			if n := len(p.sent()); n != 1 {
				t.Errorf("%d attempts, want 1", n)
			}
		})
	})
	t.Run("do not keep anybody waiting", func(t *testing.T) {
		inBubble(t, errors.New("the server is away"), func(t *testing.T, w *world, _ *provider) {
			signUp(w.Kit, ada).Want(201)
			slipwaytest.Do(w.Kit, ssoapi.Login, adaLogin).Want(200)
		})
	})
}
