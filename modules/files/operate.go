package files

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// commands are those of the product's binary below files.
func commands() []*cobra.Command {
	return []*cobra.Command{listCommand(), showCommand(), usageCommand(), reconcileCommand()}
}

// operating runs f with what the processes work with as well, but for their jobs.
func operating(f func(ctx context.Context, s *service, args []string) (slipway.Report, error)) func(*cobra.Command, []string) error {
	return slipway.Operate(func(ctx context.Context, o *slipway.Operation, cfg Config) (slipway.Report, error) {
		db, err := o.DB(ctx)
		if err != nil {
			return nil, err
		}
		store, err := o.Blobs()
		if err != nil {
			return nil, err
		}
		s := &service{cfg: cfg, profiles: profilesOf(o.Contracts()), ledger: ledger{db}, store: store, known: newKnown(), logger: slog.New(slog.DiscardHandler), metrics: newMetrics(nil)}
		return f(ctx, s, o.Args)
	})
}

func reconcileCommand() *cobra.Command {
	var rules reconciling
	c := &cobra.Command{
		Use: "reconcile", Short: "Delete objects that no row wants, and end files whose content is lost",
		Long: `Compare the store with the rows. It may run beside the product and beside itself.

An object that no row wants is deleted, and a file whose object is not there is ended: its
module learns that it is deleted, for the reason lost. It must have been missed by a run at
least --grace before. If there are more of either than --limit, none of these goes: the store
or the database may be the wrong one.

A store and a database that belong together hold the same identity. If they do not, nothing
goes. Once both are the right ones, such as after a backup was restored, --adopt gives them a
new one.`,
		RunE: operating(func(ctx context.Context, s *service, _ []string) (slipway.Report, error) {
			if err := rules.check(); err != nil {
				return nil, err
			}
			return s.reconcile(ctx, rules.or(s.cfg))
		}),
	}
	c.Flags().BoolVar(&rules.dry, "dry-run", false, "only say what would go")
	c.Flags().IntVar(&rules.limit, "limit", 0, "how much may go each way, up to 100000 (default FILES_RECONCILE_LIMIT)")
	c.Flags().DurationVar(&rules.grace, "grace", -1, "how old an object is at least that goes, and how long one is missed, such as 24h (default FILES_GRACE)")
	c.Flags().Lookup("grace").DefValue = ""
	c.Flags().BoolVar(&rules.adopt, "adopt", false, "have this store and this database belong together from now on")
	c.MarkFlagsMutuallyExclusive("adopt", "dry-run")
	return c
}

// maxLimit bounds what a reconciler holds in memory.
const maxLimit = 100_000

func (r reconciling) check() error {
	if r.limit < 0 || r.limit > maxLimit {
		return fmt.Errorf("--limit=%d: expected how much may go, 1 to %d", r.limit, maxLimit)
	}
	if r.grace < -1 {
		return fmt.Errorf("--grace=%s: expected how old an object is at least that goes, such as 24h", r.grace)
	}
	return nil
}

// or returns the rules with what the settings say where the flags say nothing.
func (r reconciling) or(cfg Config) reconciling {
	r.limit = cmp.Or(r.limit, cfg.ReconcileLimit)
	if r.grace < 0 {
		r.grace = cfg.Grace
	}
	return r
}

// Tables implements slipway.Report.
func (f findings) Tables() []slipway.Table {
	n := func(i int64) string { return strconv.FormatInt(i, 10) }
	tables := []slipway.Table{{Empty: "The store is " + f.Store + "."}, {Header: []string{"", "FOUND", "DONE"}, Rows: [][]string{
		{"objects", n(f.Objects), ""},
		{"  that no row wants", n(f.Orphans) + " (" + sizeText(f.OrphanBytes) + ")", n(f.Deleted) + " deleted"},
		{"  likewise, too young to go", n(f.Young), ""},
		{"  with keys of nobody", n(f.Foreign), "left alone"},
		{"kept contents", n(f.Contents), ""},
		{"  without an object", n(f.Lost), n(f.Ended) + " ended, with variants"},
		{"variants without an object", n(f.LostVariants), ""},
		{"  of both, not for long", n(f.Missed), ""},
	}}}
	for _, key := range f.Examples {
		tables = append(tables, slipway.Table{Empty: "  " + key})
	}
	return append(tables, f.sentences()...)
}

func (f findings) sentences() (all []slipway.Table) {
	if f.DryRun {
		all = append(all, slipway.Table{Empty: "Nothing was changed, since it was a dry run."})
	}
	if f.Apart != "" {
		all = append(all, slipway.Table{Empty: "Nothing was changed: " + f.Apart + "."})
	}
	if f.OverLimit {
		all = append(all, slipway.Table{Empty: fmt.Sprintf("There is more than the limit of %d, and so none of that goes. See that store and database belong together, then give a higher --limit.", f.Limit)})
	}
	return all
}

// sizeText is a number of bytes for people.
func sizeText(bytes int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(bytes), 0
	for value >= 1024 && unit < len(units)-1 {
		value, unit = value/1024, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}

// A filter says which files are listed.
type filter struct {
	module, profile, owner, state, before string
	limit                                 int
}

func listCommand() *cobra.Command {
	var by filter
	c := &cobra.Command{
		Use: "list", Short: "List files, the newest first",
		RunE: operating(func(ctx context.Context, s *service, _ []string) (slipway.Report, error) {
			return s.ledger.list(ctx, s.profiles, by)
		}),
	}
	c.Flags().StringVar(&by.module, "module", "", "only those of a module")
	c.Flags().StringVar(&by.profile, "profile", "", "only those of a kind, such as photos")
	c.Flags().StringVar(&by.owner, "owner", "", "only those of a subject")
	c.Flags().StringVar(&by.state, "state", "", "only those in a state: pending, uploaded, checked, stored, rejected, expired, deleted")
	c.Flags().StringVar(&by.before, "before", "", "only those before this one: the last of the page before")
	c.Flags().IntVar(&by.limit, "limit", 50, "how many, up to 1000")
	return c
}

const listFiles = `SELECT ` + recordColumns + fromFiles + `
 WHERE ($1 = '' OR f.module = $1) AND ($2 = '' OR f.profile = $2) AND ($3 = '' OR f.owner = $3) AND ($4 = '' OR f.state = $4)
   AND ($5::uuid IS NULL OR f.id < $5) ORDER BY f.id DESC LIMIT $6`

func (l ledger) list(ctx context.Context, p profiles, by filter) (slipway.Report, error) {
	before, err := by.check()
	if err != nil {
		return nil, err
	}
	rows, err := l.db.Query(ctx, listFiles, by.module, by.profile, by.owner, by.state, before, by.limit)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	found, err := pgx.CollectRows(rows, scanRecord)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	r := filesReport{Files: []filesapi.File{}}
	for _, f := range found {
		r.Files = append(r.Files, p.file(f))
	}
	return r, nil
}

func (f filter) check() (before uuid.NullUUID, err error) {
	const most = 1000
	if f.limit < 1 || f.limit > most {
		return before, fmt.Errorf("--limit=%d: expected 1 to %d", f.limit, most)
	}
	if f.before == "" {
		return before, nil
	}
	if before.UUID, err = uuid.Parse(f.before); err != nil {
		return before, fmt.Errorf("--before=%q: expected the id of a file", f.before)
	}
	before.Valid = true
	return before, nil
}

type filesReport struct {
	Files []filesapi.File `json:"files"`
}

// Tables implements slipway.Report.
func (r filesReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"ID", "KIND", "OWNER", "STATE", "SIZE", "NAME", "REFERENCE", "MADE", "EXPIRES"}, Empty: "There is no such file."}
	for _, f := range r.Files {
		t.Rows = append(t.Rows, []string{
			f.ID.String(), f.Module + "/" + f.Profile, f.Owner, state(f), sizeText(f.Size), f.Name, cmp.Or(f.Reference, "-"), moment(&f.CreatedAt), moment(f.ExpiresAt),
		})
	}
	return []slipway.Table{t}
}

func state(f filesapi.File) string {
	if f.Reason == "" {
		return string(f.State)
	}
	return string(f.State) + ": " + string(f.Reason)
}

func moment(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show <id>", Short: "Show what is known of a file, and its objects", Args: slipway.Arguments("id"),
		RunE: operating(func(ctx context.Context, s *service, args []string) (slipway.Report, error) {
			id, err := uuid.Parse(args[0])
			if err != nil {
				return nil, fmt.Errorf("%q is no id of a file: files list shows them", args[0])
			}
			return s.show(ctx, id)
		}),
	}
}

// A fileReport is a file with all that belongs to it.
type fileReport struct {
	Store    string        `json:"store"` // which one was looked at
	File     filesapi.File `json:"file"`
	Uploader string        `json:"uploader"`
	Service  string        `json:"service,omitempty"`
	Content  *uuid.UUID    `json:"content,omitempty"`
	Objects  []objectFound `json:"objects"`
}

type objectFound struct {
	Key      string    `json:"key"`
	Size     int64     `json:"size"`
	Modified time.Time `json:"modified"`
}

func (s *service) show(ctx context.Context, id uuid.UUID) (slipway.Report, error) {
	r, err := s.ledger.find(ctx, s.ledger.db, id)
	if err != nil {
		return nil, err
	}
	report := fileReport{Store: s.store.String(), File: s.profiles.file(r), Uploader: r.Uploader, Service: r.Service, Objects: []objectFound{}}
	prefixes := []string{quarantineKey(id)}
	if r.Content.Valid {
		report.Content = &r.Content.UUID
		prefixes = append(prefixes, contentKey(r.Content.UUID), variants+"/"+r.Content.UUID.String()+"/")
	}
	for _, prefix := range prefixes {
		if err := report.add(ctx, s.store, prefix); err != nil {
			return nil, err
		}
	}
	return report, nil
}

func (r *fileReport) add(ctx context.Context, store blob.Store, prefix string) error {
	for o, err := range store.List(ctx, prefix, "") {
		if err != nil {
			return fmt.Errorf("list the objects of file %s: %w", r.File.ID, err)
		}
		r.Objects = append(r.Objects, objectFound{o.Key, o.Size, o.Modified})
	}
	return nil
}

// Tables implements slipway.Report.
func (r fileReport) Tables() []slipway.Table {
	f := r.File
	facts := slipway.Table{Header: []string{"ID", f.ID.String()}, Rows: [][]string{
		{"KIND", f.Module + "/" + f.Profile},
		{"OWNER", f.Owner},
		{"SENT BY", r.Uploader},
		{"THROUGH", cmp.Or(r.Service, "-")},
		{"NAME", f.Name},
		{"TYPE", cmp.Or(string(f.Type), "-")},
		{"SIZE", sizeText(f.Size)},
		{"SHA-256", cmp.Or(f.SHA256, "-")},
		{"STATE", state(f)},
		{"BECAUSE", cmp.Or(f.Detail, "-")},
		{"REFERENCE", cmp.Or(f.Reference, "-")},
		{"VISIBILITY", string(f.Visibility)},
		{"ADDRESS", f.URL},
		{"MADE", moment(&f.CreatedAt)},
		{"EXPIRES", moment(f.ExpiresAt)},
	}}
	objects := slipway.Table{Header: []string{"OBJECT", "SIZE", "WRITTEN"}, Empty: "It has nothing of the file."}
	for _, o := range r.Objects {
		objects.Rows = append(objects.Rows, []string{o.Key, sizeText(o.Size), moment(&o.Modified)})
	}
	return []slipway.Table{facts, {Empty: "The store is " + r.Store + "."}, objects}
}

func usageCommand() *cobra.Command {
	return &cobra.Command{
		Use: "usage [owner]", Short: "Show who has how much: the modules and the largest owners, or one owner", Args: cobra.MaximumNArgs(1),
		RunE: operating(func(ctx context.Context, s *service, args []string) (slipway.Report, error) {
			if len(args) > 0 {
				return s.ledger.usages(ctx, usageOf, args[0])
			}
			return s.ledger.usages(ctx, usageOfAll)
		}),
	}
}

// The name of an account of kind profile ends in its owner; see the migration.
const (
	usageOfAll = `
(SELECT kind, name, files, bytes FROM usage WHERE kind = 'module' ORDER BY bytes DESC, name)
UNION ALL (SELECT kind, name, files, bytes FROM usage WHERE kind = 'owner' ORDER BY bytes DESC, name LIMIT 20)`
	usageOf = `
SELECT kind, name, files, bytes FROM usage WHERE kind IN ('owner', 'own') AND name = $1 OR kind = 'profile' AND substr(name, strpos(name, '/') + 1) = $1 ORDER BY kind, name`
)

type usageReport struct {
	Usage []usageRow `json:"usage"`
}

type usageRow struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Files int64  `json:"files"`
	Bytes int64  `json:"bytes"`
}

func (l ledger) usages(ctx context.Context, sql string, args ...any) (slipway.Report, error) {
	rows, err := l.db.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read how much there is: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[usageRow])
	if err != nil {
		return nil, fmt.Errorf("read how much there is: %w", err)
	}
	return usageReport{append([]usageRow{}, all...)}, nil
}

// Tables implements slipway.Report.
func (r usageReport) Tables() []slipway.Table {
	t := slipway.Table{Header: []string{"OF", "NAME", "FILES", "BYTES"}, Empty: "There is nothing."}
	for _, u := range r.Usage {
		t.Rows = append(t.Rows, []string{u.Kind, u.Name, strconv.FormatInt(u.Files, 10), sizeText(u.Bytes)})
	}
	return []slipway.Table{t}
}
