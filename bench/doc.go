// Command bench says what Slipway costs: it measures the kit beside what it is
// compared with, by turns in one run, and prints the ratios. `make bench` runs it.
//
// # How it measures
//
// A server runs in a process of its own (this binary, started again) and tells
// its processor time, user and system, so that the load generator's time does
// not count. The generator sends fixed numbers of requests over kept-alive
// loopback connections, to each server by turns. A ratio is the median over the
// turns, so on a busy machine all sides slow down alike; an absolute time is the
// quickest turn's, since other work on the machine can only add to it.
//
// # What is compared
//
// Every server does the same work: it reads an identifier from the path, decodes
// a JSON body where there is one, builds the same cart and encodes it. The bare
// server does that with net/http and encoding/json alone. Around it, the kit's
// has a trace, an access line in JSON, a verified token, the check of permission
// and owner, deadlines and validation; the layers off the shelf have what
// otelhttp, slog, promhttp and a cached JWT give.
//
// # Events and jobs
//
// RabbitMQ and PostgreSQL are private ones with their durable settings, and all who are
// compared use the same: the same message through a durable exchange to a quorum queue, the
// same row in the same table. Only the kit's queue dead-letters, which costs it a tenth. Each waits until its work is safe, as
// many pieces at a time as it can: watermill and Celery wait for each message's own confirm,
// and so have many publishers. The Python programs beside this code are told when to begin, so
// that their start does not count; where aio-pika and Celery cannot be had, a note says so.
//
// # Identity
//
// A login is compared with the hash of its password alone, a refresh with its own SQL
// statements alone; the SSO is in this process, and its requests pass all but the network.
// A refresh waits for 100 ms on purpose: as many are under way as it takes for the machine
// and not the wait to be the bound.
//
// # Files
//
// A product with its PostgreSQL and its disk is in a process of its own, and so is the bare
// server; both keep what comes on the same disk, whose state decides as much as they do. The
// ratios are of the time that passes. Bare pgx runs the upload's own statements; one row of
// them counts all files of a module, so that one commit waits for the other, in both.
// A download costs a statement, which small ones show. Over an S3, that of the tests, what is
// compared are the bytes alone: minio-go sends them straight there and takes them from there.
//
// It is a Go module of its own: nobody who uses the kit downloads its peers.
package main
