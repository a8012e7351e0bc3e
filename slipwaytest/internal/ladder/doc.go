// Package ladder tests the migrations of a module on a real PostgreSQL: up and
// down, with rows in the tables, and against the statements of the last release.
//
//	report, err := ladder.Climb(ctx, scratch, ladder.Migrations{Kit: kit, Module: own})
//	…
//	findings, err := ladder.Prepare(ctx, scratch, file, release)
//
// What is wrong comes as a [Finding], a value that names the file, the object and
// the remedy. An error means that nothing could be found out.
//
// # Guaranteed
//
//   - [Climb] takes every migration up, down and up again, then all down and all up,
//     and compares all that the catalog of the schema tells after each.
//   - Before each Down, and before the Up of the next, every table has rows: one with
//     all columns set, one with as few as the table permits. They are made from the
//     catalog, or given in [Migrations.Rows]. A table that refuses every row is a
//     [Note] with the constraint that refused it.
//   - A comment "-- irreversible: reason" makes a Down, and what would go further
//     down through it, a [Skip] with that reason. A Down that is missing is a Finding.
//   - A schema that holds anything is refused and left alone. Afterwards it is up to
//     date, so that [Prepare] can go on with it.
//   - [Prepare] runs nothing: it asks the server to plan each statement.
//
// # Not guaranteed
//
//   - Rows are not compared: a Down that loses data is not noticed, one that fails is.
//   - The order of columns, owners, and what lies outside of the schema, but for
//     extensions, are not compared.
//
// # N-1
//
// During a deployment the last release runs on the new schema. A [Recorder] listens
// to the tests and tells what statements they ran; those are kept in a file beside
// the tests ([FormatQueries], [Compare]), and [Previous] returns the one of the last
// release.
package ladder
