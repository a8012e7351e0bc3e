package acquiring

import (
	"slices"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
)

func TestNext(t *testing.T) {
	t.Parallel()
	statuses := []acquiringapi.Status{acquiringapi.StatusCreated, acquiringapi.StatusPending, acquiringapi.StatusCaptured, acquiringapi.StatusDeclined, acquiringapi.StatusFailed}
	events := []event{claimed, refused, abandoned, approved, declined, lost}
	possible := map[acquiringapi.Status]map[event]acquiringapi.Status{
		acquiringapi.StatusCreated: {claimed: acquiringapi.StatusPending, refused: acquiringapi.StatusFailed, abandoned: acquiringapi.StatusFailed},
		acquiringapi.StatusPending: {approved: acquiringapi.StatusCaptured, declined: acquiringapi.StatusDeclined, lost: acquiringapi.StatusFailed},
	}
	for _, from := range statuses {
		for _, e := range events {
			want, can := possible[from][e]
			got, err := next(from, e)
			if can && (err != nil || got != want) {
				t.Errorf("next(%s, %s) = %s, %v; want %s", from, e, got, err, want)
			}
			if !can && err == nil {
				t.Errorf("next(%s, %s) = %s, want an error", from, e, got)
			}
		}
		if over := (payment{Status: from}).over(); over != (possible[from] == nil) {
			t.Errorf("a payment that is %s is over: %v", from, over)
		}
	}
}

func TestPayment_pause(t *testing.T) {
	t.Parallel()
	var got []time.Duration
	for looks := range 9 {
		got = append(got, payment{Looks: looks}.pause()/time.Second)
	}
	if want := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60}; !slices.Equal(got, want) {
		t.Errorf("pauses of %d seconds, want %d", got, want)
	}
}
