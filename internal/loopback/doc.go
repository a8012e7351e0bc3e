// Package loopback finds addresses for processes that are about to be started on
// this machine.
//
//	a, err := loopback.Reserve()
//	defer a.Release()
//	start(a.String()) // 127.0.0.1:23517
//
// # Guaranteed
//
// Nobody else who asks this package has the address until it is released or the
// process ends, however it ends. It is none of those that the system gives to
// connections, so none of them takes it before the process listens.
//
// # Not guaranteed
//
// A program that knows nothing of this package may begin to listen there.
package loopback
