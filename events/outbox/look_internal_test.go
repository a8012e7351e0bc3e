package outbox

import (
	"testing"
	"testing/synctest"
	"time"
)

// What a look saves shows in time alone, so the numbers are tested.
func TestLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var l look
		expect := func(when string, want int64) {
			t.Helper()
			if got := l.behind(); got != want {
				t.Errorf("%s it looks behind %d, want %d", when, got, want)
			}
		}
		expect("at first", 0)
		l.published(25_000)
		expect("before it has looked at everything", 0)
		begun := time.Now()
		time.Sleep(time.Millisecond)
		l.looked(0, begun)
		expect("then", 15_000)
		l.published(30_000)
		l.published(7)
		l.looked(15_000, begun)
		expect("after more", 20_000)
		time.Sleep(interval + time.Millisecond)
		expect("now and then", 0)

		begun = time.Now()
		time.Sleep(time.Second)
		l.looked(0, begun)
		time.Sleep(9 * time.Second)
		expect("for as long as everything is much", 20_000)
		time.Sleep(2 * time.Second)
		expect("after ten times as long", 0)
	})
	var few look
	few.looked(0, time.Now())
	few.published(100)
	if got := few.behind(); got != 0 {
		t.Errorf("with few rows it looks behind %d, want 0", got)
	}
}
