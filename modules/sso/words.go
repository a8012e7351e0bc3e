package sso

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
)

// words are what messages say. A Sender that has words of its own goes by Kind and Code.
type words struct{ product string }

var kinds = map[purpose]Kind{forLogin: KindLogin, forConfirm: KindConfirm, forReset: KindReset, forEmail: KindChange, forPhone: KindChange}

var whatFor = map[purpose]string{
	forLogin:   "to log in",
	forConfirm: "to confirm your e-mail",
	forReset:   "to choose a new password",
	forEmail:   "to confirm your new e-mail",
	forPhone:   "to confirm your phone",
}

// code writes the message with a code. The code comes first: it is what a
// notification shows.
func (w words) code(ch challenge, name, code string) Message {
	m := Message{Kind: kinds[ch.purpose], Channel: ch.channel, To: ch.target, Name: name, Code: code}
	first := fmt.Sprintf("%s is your code %s at %s.", code, whatFor[ch.purpose], w.product)
	if ch.channel == SMS {
		m.Text = first + " Tell it to nobody."
		return m
	}
	m.Subject = fmt.Sprintf("%s is your code for %s", code, w.product)
	m.Text = first + "\n\nIt can be used for 5 minutes. Tell it to nobody: we never ask for it.\nIf you did not ask for it, there is nothing to do.\n"
	return m
}

// A change is something that the owner of an account is told of.
type change string

const (
	passwordChanged change = "The password of your account was changed."
	emailChanged    change = "Your account has another e-mail now, and no longer this one."
	phoneChanged    change = "The phone of your account was changed."
	passkeyAdded    change = "A passkey was added to your account. Whoever has it can log in as you."
	passkeyRemoved  change = "A passkey was removed from your account."
	identityLinked  change = "Your account was linked to one at another website. Whoever logs in there can log in as you."
	identityRemoved change = "A link to another website was removed from your account."
	passwordDropped change = "You have logged in by a code, and so shown for the first time that this e-mail is yours. Until then anybody could have registered with it. So the password that was set before was removed, with everything else that let somebody in. If you want to log in by a password, choose a new one: ask for it where you log in."
)

// notice writes the message about a change.
func (w words) notice(of account, to string, what change) Message {
	return Message{
		Kind: KindSecurity, Channel: Mail, To: to, Name: of.name, Subject: fmt.Sprintf("Your account at %s was changed", w.product),
		Text: string(what) + "\n\nIf it was not you, " + w.advice(what) + "\n",
	}
}

// advice says what helps whose account was changed by somebody else. Of another e-mail
// no reset does: its code goes to the new one.
func (w words) advice(what change) string {
	if what == emailChanged {
		return "write to " + w.product + " at once: they can close the account, which ends every session."
	}
	return "choose a new password at " + w.product + " at once, which ends every session, and remove from your account what is not yours."
}

// tell has the owner of an account told of a change.
func (c codes) tell(ctx context.Context, tx postgres.Tx, of account, to string, what change) error {
	return c.post.put(ctx, tx, of.id.String(), c.words.notice(of, to, what), time.Now().Add(noticeLife), false)
}

// tellOwner is codes.tell of the account as it is.
func (s *service) tellOwner(ctx context.Context, tx postgres.Tx, user uuid.UUID, what change) error {
	of, known, err := findAccount(ctx, tx, `id = $1`, user)
	if err != nil || !known {
		return err
	}
	return s.codes.tell(ctx, tx, of, of.email, what)
}
