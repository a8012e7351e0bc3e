package authtest

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/auth"
)

// EndedSession is the sid of a session that every issuer of this package has ended:
// number 20 of its refusals.
const EndedSession = "session-that-has-ended"

// EndSession revokes every token of the session. A verifier learns of it within five
// seconds: let them pass in a bubble of testing/synctest.
func (i *Issuer) EndSession(sid string) {
	i.Revoke(auth.Revocation{Key: auth.SessionKey(sid)})
}

// Revoke revokes what the keys stand for. One without an end lasts for a day.
func (i *Issuer) Revoke(all ...auth.Revocation) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, r := range all {
		if r.Until.IsZero() {
			r.Until = time.Now().Add(24 * time.Hour)
		}
		i.revoked = append(i.revoked, r)
	}
}

// Looks counts how often the revocations were asked for, also in vain.
func (i *Issuer) Looks() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.looks
}

// revocationsAtOnce is small, so that tests see more than one page.
const revocationsAtOnce = 100

// revocations goes on after a position, which is a number of them.
func (i *Issuer) revocations(after string) auth.RevocationPage {
	i.mu.Lock()
	defer i.mu.Unlock()
	begin, err := strconv.Atoi(cmp.Or(after, "0"))
	if err != nil || begin < 0 || begin > len(i.revoked) {
		begin = 0
	}
	end := min(begin+revocationsAtOnce, len(i.revoked))
	return auth.RevocationPage{
		Cursor: strconv.Itoa(end), More: end < len(i.revoked), Revoked: slices.Clone(i.revoked[begin:end]),
	}
}
