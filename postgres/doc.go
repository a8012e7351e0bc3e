// Package postgres gives a module its database: a small pool whose connections
// see only the module's schema, transactions, migrations, and a private server
// for development and tests.
//
//	db, err := postgres.Open(postgres.Config{URL: url, Schema: "cart"})
//	…
//	err = db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
//		_, err := tx.Exec(ctx, "UPDATE carts SET closed = true WHERE id = $1", id)
//		return err
//	})
//
// # Guaranteed
//
//   - [Open] starts nothing and connects to nothing; the first statement does.
//   - Unqualified names mean the schema's tables, on every connection.
//   - A statement, a wait for a connection and an idle transaction have a bound.
//   - [DB.InTx] commits if its function returns nil and rolls back if it returns
//     an error or panics. A transaction that lost against another one is run
//     again, a few times.
//   - A database that is gone shows as [problem.Unavailable], so a handler that
//     passes the error on answers 503 with Retry-After. [pgx.ErrNoRows] and every
//     other cause stay visible to errors.Is and errors.AsType.
//   - In a traced context each statement is a span, with its text and never an
//     argument; where nobody looks it is none. So is a long wait for a connection.
//   - [DB.Up] may run in many processes at once: one migrates, the others wait.
//
// # Not guaranteed
//
//   - A function given to [DB.InTx] may run more than once. It should do nothing
//     that a rollback does not undo.
//   - If the connection breaks while COMMIT is under way nobody knows whether it
//     happened: that is [ErrCommitUnknown], and no 503 that invites a repetition.
//   - The schema is set as a connection parameter, which a transaction-pooling
//     proxy may refuse. Connect to the server itself.
//
// # Private server
//
// [StartPrivate] runs PostgreSQL for whoever has none at hand. A program that
// uses it calls [Supervise] first of all, since the server's supervisor is the
// program itself, started once more.
//
//   - Processes that name the same folder share one server. It ends with the last
//     of them, even if that was killed, and leaves nothing but durable data. With
//     [Private.KeepUntil] it waits for somebody to look into it first.
//   - Only its own user (and root) can connect, and over no port. A folder that
//     somebody else made, or may write into, is refused.
//   - As root it runs as postgres or nobody. Durable data in a folder that this
//     account cannot enter lies in /var/lib/slipway behind a symbolic link.
//   - The user's cache folder (root's is /var/cache) keeps what is slow to make: an
//     empty cluster, and programs that came from npm.
//   - It is for Linux and macOS. On macOS a server whose supervisor was killed lives
//     on until the next start.
//
// # Testing
//
// [NewVirtual] gives a DB inside one transaction that is never committed, so each
// test begins with the same rows and leaves none.
package postgres
