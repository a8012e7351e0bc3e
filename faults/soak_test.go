package faults_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// soakVariable is how long faults befall the shop: 2m, as `make soak` says. In
// `make test` it is a few seconds, so that the soak itself stays in order.
const soakVariable = "SLIPWAY_TEST_SOAK"

const shortSoak = 5 * time.Second

// TestSoak lets faults befall facts and payments at random, one after the other and with
// little rest, under load over RabbitMQ. At the end everything that was committed has
// taken effect once, and no money has moved twice. The faults are those of the seed.
func TestSoak(t *testing.T) {
	t.Parallel()
	length := shortSoak
	if text := os.Getenv(soakVariable); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatalf("%s: expected a duration such as 2m: %v", soakVariable, err)
		}
	}
	for _, dice := range slipwaytest.Rounds(t) {
		newSoak(t, dice).run(length)
		return // one round is as long as is wanted
	}
}

// A soak is the shop and the facts, under load and faults.
type soak struct {
	*world

	server *server
	broker *broker
	dice   *rand.Rand
	began  time.Time

	payments atomic.Int64 // that buyers tried

	mu      sync.Mutex
	history []string // the faults, for whoever looks for a failure
}

func newSoak(t *testing.T, dice *rand.Rand) *soak {
	t.Helper()
	s := &soak{server: newServer(t), broker: newBroker(t), dice: dice}
	d := slipwaytest.Deployment{
		Databases: s.server, Broker: s.broker.route(t), Replicas: map[string]int{"sink": 2},
		Settings: map[string]string{"ACQUIRING_LOOK_EVERY": "200ms", "ACQUIRING_LOST_AFTER": "16s"},
	}
	s.world = newWorldOf(t, d, withShop()...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the faults, of %d:\n%s", len(s.history), strings.Join(s.history, "\n"))
		}
	})
	return s
}

func (s *soak) run(length time.Duration) {
	s.t.Helper()
	const buyers, sources = 3, 3 // whose transactions overlap
	s.began = time.Now()
	stops := []func(){s.report()}
	for range sources {
		stops = append(stops, s.steadily(150*time.Millisecond))
	}
	for range buyers {
		stops = append(stops, s.shop(rand.New(rand.NewPCG(s.dice.Uint64(), 0))))
	}
	for time.Since(s.began) < length {
		s.fault()
		time.Sleep(time.Duration(s.dice.IntN(1000)) * time.Millisecond)
	}
	for _, stop := range stops {
		stop()
	}
	s.commitDirect(4)
	s.settleWithin(2 * wait)
	s.moneyMovedOnce()
	s.say("all is well")
}

// steadily commits facts until the returned function is called.
func (s *soak) steadily(every time.Duration) (stop func()) {
	over := make(chan struct{})
	var source sync.WaitGroup
	source.Go(func() {
		for ; !ended(over); time.Sleep(every) {
			s.try(3, ordeal{})
		}
	})
	return func() {
		close(over)
		source.Wait()
	}
}

// soakFaults are what may befall the whole, and how often of all.
var soakFaults = []struct {
	name   string
	weight int
	befall func(s *soak)
}{
	{"kill", 6, func(s *soak) { s.restarted(s.Kill) }},
	{"kill at a step", 6, (*soak).killAtStep},
	{"replace in order", 4, func(s *soak) { s.restarted(s.Terminate) }},
	{"freeze", 3, func(s *soak) {
		p := s.process()
		s.Pause(p)
		s.endure(3 * time.Second)
		s.Resume(p)
	}},
	{"publish twice", 4, (*soak).duplicate},
	{"stop the broker", 1, func(s *soak) { s.broken(func() { s.broker.Stop(s.t) }) }},
	{"kill the broker", 1, func(s *soak) { s.broken(func() { s.broker.Kill(s.t) }) }},
	{"kill one while the broker is away", 1, func(s *soak) {
		p := s.process()
		s.broken(func() {
			s.broker.Kill(s.t)
			s.Kill(p)
		})
		s.Restart(p)
	}},
	{"close the broker's connections", 2, func(s *soak) { s.broker.Control(s.t, "close_all_connections", "--global", "the soak") }},
	{"fill the broker's memory", 1, func(s *soak) {
		s.broker.RaiseMemoryAlarm(s.t)
		s.endure(3 * time.Second)
		s.broker.EndMemoryAlarm(s.t)
	}},
	{"cut off the broker", 2, func(s *soak) { s.cutOff(s.broker.routes[0].proxy) }},
	{"cut off a database", 4, func(s *soak) { s.cutOff(s.server.to(s.Database(s.module()))) }},
	{"end a module's sessions", 3, func(s *soak) {
		s.exec(s.module(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name <> $1", testSession)
	}},
	{"crash PostgreSQL", 1, func(s *soak) { s.crashServer() }},
}

// fault lets the next one happen, and writes it down.
func (s *soak) fault() {
	s.t.Helper()
	all := 0
	for _, f := range soakFaults {
		all += f.weight
	}
	n := s.dice.IntN(all)
	for _, f := range soakFaults {
		if n -= f.weight; n < 0 {
			s.note(f.name)
			f.befall(s)
			return
		}
	}
}

func (s *soak) note(fault string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history = append(s.history, fmt.Sprintf("%6.1fs %s", time.Since(s.began).Seconds(), fault))
}

// detail adds to the latest fault whom it befalls.
func (s *soak) detail(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history[len(s.history)-1] += " " + text
}

// latest is how many faults there were, and the last of them.
func (s *soak) latest() (n int, fault string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n = len(s.history); n > 0 {
		fault = strings.TrimSpace(s.history[n-1])
	}
	return n, fault
}

func (s *soak) module() string {
	all := []string{"source", "sink", "other", "cart", "acquiring", "receipts", "catalog"}
	m := all[s.dice.IntN(len(all))]
	s.detail(m)
	return m
}

func (s *soak) process() string {
	all := []string{"source", "sink", "sink-2", "other", "cart", "acquiring", "receipts", "catalog", "edge"}
	p := all[s.dice.IntN(len(all))]
	s.detail(p)
	return p
}

func (s *soak) restarted(end func(process string)) {
	p := s.process()
	end(p)
	time.Sleep(time.Duration(s.dice.IntN(500)) * time.Millisecond)
	s.Restart(p)
}

// killAtStep picks a step that load leads to.
func (s *soak) killAtStep() {
	for {
		step := steps[s.dice.IntN(len(steps))]
		if step.only == inOne || step.meanwhile != nil {
			continue
		}
		point := fmt.Sprintf("%s#%d", step.point, 1+s.dice.IntN(5))
		s.detail(step.module + " at " + point)
		if step.module == "sink" { // whichever of its processes comes to it
			s.Terminate("sink-2")
			defer s.Restart("sink-2")
		}
		s.KillAt(step.module, point)
		s.AwaitDeath(step.module)
		s.Restart(step.module)
		return
	}
}

func (s *soak) broken(how func()) {
	how()
	s.endure(5 * time.Second)
	s.broker.Start(s.t)
}

func (s *soak) cutOff(p *proxy) {
	p.stall()
	s.endure(4 * time.Second)
	if s.dice.IntN(2) == 0 {
		s.detail("for good")
		p.cut()
	}
	p.resume()
}

// duplicate has some of the latest facts published once more.
func (s *soak) duplicate() {
	const some = 50
	s.exec("source", "UPDATE kit_outbox SET published_at = NULL WHERE seq > (SELECT max(seq) - $1 FROM kit_outbox)", some)
}

// endure lets a fault last.
func (s *soak) endure(most time.Duration) { time.Sleep(time.Duration(s.dice.Int64N(int64(most)))) }

// shop has somebody buy and pay until the returned function is called.
func (s *soak) shop(dice *rand.Rand) (stop func()) {
	over := make(chan struct{})
	var buyer sync.WaitGroup
	kit := s.As("customer")
	buyer.Go(func() {
		for !ended(over) {
			s.buy(kit, dice)
			time.Sleep(time.Duration(dice.IntN(200)) * time.Millisecond)
		}
	})
	return func() {
		close(over)
		buyer.Wait()
	}
}

func ended(over <-chan struct{}) bool {
	select {
	case <-over:
		return true
	default:
		return false
	}
}

// buy fills a cart and pays for it, and asks again under the same key when no answer came.
func (s *soak) buy(kit *slipwaytest.Kit, dice *rand.Rand) {
	c, err := slipwaytest.Ask(kit, cartapi.Create, cartapi.CreateInput{})
	if err != nil || c.Status != 201 {
		return
	}
	in := cartapi.AddItemInput{ID: c.Body.ID, Body: cartapi.NewItem{SKU: "mug-blue", Quantity: 1}}
	filled, err := slipwaytest.Ask(kit, cartapi.AddItem, in)
	if err != nil || filled.Status != 200 {
		return
	}
	cards := []string{simulator.CardApproved, simulator.CardApproved, simulator.CardApproved, simulator.CardAnswerLost, simulator.CardSlow, simulator.CardDeclined}
	order := acquiringapi.Order{CartID: c.Body.ID, Amount: filled.Body.Total, Card: cards[dice.IntN(len(cards))]}
	s.payments.Add(1)
	const times = 6
	for key := uuid.NewString(); ; time.Sleep(300 * time.Millisecond) {
		got, err := slipwaytest.Ask(kit, acquiringapi.Create, acquiringapi.CreateInput{Body: order}, slipwaytest.Key(key))
		if err == nil && got.Status < 500 && got.Status != 429 || dice.IntN(times) == 0 {
			return
		}
	}
}

// moneyMovedOnce compares what the acquirer has booked with what the shop knows of it.
func (s *soak) moneyMovedOnce() {
	s.t.Helper()
	s.eventuallyWithin(2*time.Minute, "every payment is over", func() bool {
		return one[int](s.world, "acquiring", "SELECT count(*) FROM payments WHERE status IN ('created', 'pending')") == 0
	})
	booked := s.set("acquiring", "SELECT key::text FROM simulated_charges WHERE approved")
	captured := s.set("acquiring", "SELECT id::text FROM payments WHERE status = 'captured'")
	s.same("payments that are captured", captured, "charges that the acquirer has booked", booked)
	if twice := s.set("acquiring", "SELECT reference::text FROM simulated_charges WHERE approved GROUP BY 1 HAVING count(*) > 1"); len(twice) > 0 {
		s.t.Errorf("carts that were paid for twice: %v", twice)
	}
	s.eventually("every captured payment has a receipt", func() bool {
		return one[int](s.world, "receipts", "SELECT count(*) FROM receipts") >= len(captured)
	})
	s.same("payments that have a receipt", s.set("receipts", "SELECT payment_id::text FROM receipts"), "payments that are captured", captured)
	if n := one[int](s.world, "receipts", "SELECT coalesce(max(number), 0) FROM receipts"); n != len(captured) {
		s.t.Errorf("the last receipt has number %d, want %d", n, len(captured))
	}
	s.eventually("no cart is being paid for", func() bool {
		return one[int](s.world, "cart", "SELECT count(*) FROM carts WHERE status = 'paying'") == 0
	})
	s.same("carts that are closed", s.set("cart", "SELECT id::text FROM carts WHERE status = 'paid'"),
		"carts of captured payments", s.set("acquiring", "SELECT cart_id::text FROM payments WHERE status = 'captured'"))
}

func (s *soak) set(module, sql string) []string {
	s.t.Helper()
	all, err := many[string](s.t.Context(), s.databases[module], sql+" ORDER BY 1")
	if err != nil {
		s.t.Fatal(err)
	}
	return all
}

func (s *soak) same(name string, got []string, wantName string, want []string) {
	s.t.Helper()
	if g, w := strings.Join(got, " "), strings.Join(want, " "); g != w {
		s.t.Errorf("%d %s and %d %s are not the same:\n%s\n%s", len(got), name, len(want), wantName, g, w)
	}
}

// report says every few seconds how far it is, until the returned function is called.
func (s *soak) report() (stop func()) {
	const every = 5 * time.Second
	over := make(chan struct{})
	var reporter sync.WaitGroup
	reporter.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.say("…")
			case <-over:
				return
			}
		}
	})
	return func() {
		close(over)
		reporter.Wait()
	}
}

// say prints at once; a test's own log would wait for its end.
func (s *soak) say(more string) {
	if os.Getenv(soakVariable) == "" {
		return
	}
	count := func(module, sql string) string {
		n, err := many[int](s.t.Context(), s.databases[module], sql)
		if err != nil {
			return "?" // the database may be away
		}
		return fmt.Sprint(n[0])
	}
	effects := func(module string) string { return count(module, "SELECT count(*) FROM effects WHERE job <> 'tick'") }
	n, latest := s.latest()
	fmt.Printf("soak %4.0fs: %s facts; effects: source %s, sink %s, other %s; %d payments tried, %s captured, %s receipts; faults: %d, at %s; %s\n",
		time.Since(s.began).Seconds(), count("source", "SELECT count(*) FROM facts"), effects("source"), effects("sink"), effects("other"),
		s.payments.Load(), count("acquiring", "SELECT count(*) FROM payments WHERE status = 'captured'"), count("receipts", "SELECT count(*) FROM receipts"),
		n, latest, more)
}
