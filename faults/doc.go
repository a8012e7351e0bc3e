// Package faults breaks what carries events and runs jobs, and looks whether the kit
// keeps its promises all the same. It has tests only:
//
//	make faults ROUNDS=25 SEED=1   the long form; `make test` has one round of each
//	make soak SOAK=2m SEED=1       faults at random, under load, over the shop
//
// # How it works
//
// The tests have a product of their own. Its module source commits facts and emits an
// event for each; its modules sink and other have jobs that write one row for each fact
// that they want, with a plain INSERT, so that what takes effect twice shows. The
// product runs as real processes: one binary whose events travel through the database,
// and services over RabbitMQ.
//
// The oracle reads what was committed and what took effect, and compares: the effects
// are the committed events times the jobs that each triggers, none missing, none
// doubled. Whether a request was answered decides nothing.
//
// # The groups
//
//   - kill: a process dies before and after every step that the code names.
//   - broker: it stops, is killed, blocks, loses a queue, closes connections.
//   - database: it crashes, its connections are ended, there are none left.
//   - duplicates: an event is published twice, replayed, redelivered, a hundred times at once.
//   - poison: what nobody can decode, and jobs that panic, hang or give up.
//   - backlog: one consumer is slow; the others do not notice.
//   - partition: bytes go nowhere; a process is frozen and comes back as a zombie.
//   - deploy: every process is replaced in turn, under load.
package faults
