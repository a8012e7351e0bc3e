// Package loopback finds addresses for processes that are about to be started on
// this machine, and knows those that lead nowhere else, and the requests that come from
// nowhere else.
//
//	a, err := loopback.Reserve()
//	defer a.Release()
//	start(a.String()) // 127.0.0.1:23517
//
// # Guaranteed
//
// Nobody else who asks this package, as the same user and with the same TMPDIR,
// has the address until it is released or the process ends, however it ends. It
// is none of those that Linux and macOS by default give to connections, so none of
// them takes it before the process listens.
//
// # Not guaranteed
//
// A program that knows nothing of this package may begin to listen there, and so
// may one that asks it as another user or with another TMPDIR: the reservations
// are files in that folder. Where a machine was told to give lower ports to
// connections (net.ipv4.ip_local_port_range), one of them may take the address.
package loopback
