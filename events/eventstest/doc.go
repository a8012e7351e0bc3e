// Package eventstest has what every [events.Bus] must pass, so that a product may
// change its bus by a setting.
//
//	func TestBus(t *testing.T) {
//		eventstest.TestBus(t, func(t *testing.T, subscriptions []events.Subscription) func(*testing.T) events.Bus {
//			broker := …                       // one of the test's own
//			return func(t *testing.T) events.Bus { return … } // another bus on it
//		})
//	}
//
// # Guaranteed
//
//   - Each test has a broker of its own, and modules with names that no other has.
//   - The producing modules are those that the subscribed topics begin with.
//   - Buses are closed by the end of their Run; there is no other way to end one.
//
// # Not guaranteed
//
//   - That a bus survives the death of its process or of its broker. That needs processes
//     that die, and a broker that can be stopped, which are tests of the implementation.
package eventstest
