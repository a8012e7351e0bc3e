package postgres_test

import (
	"reflect"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
)

func TestDB_uuid(t *testing.T) {
	t.Parallel()
	virtual, beneath := openVirtual(t)
	id := uuid.MustParse("0197a2c4-7a1b-7c3d-9e4f-0123456789ab")
	some, none := uuid.NullUUID{UUID: id, Valid: true}, uuid.NullUUID{}

	for name, db := range map[string]*postgres.DB{"of the pool": beneath, "virtual": virtual} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []struct {
				sql  string
				arg  any
				into any
				want any
			}{
				{"SELECT $1::uuid", id, new(uuid.UUID), id},
				{"SELECT $1::uuid", &id, new(uuid.UUID), id},
				{"SELECT $1::uuid", id.String(), new(uuid.UUID), id},
				{"SELECT $1::uuid::text", id, new(string), id.String()},
				{"SELECT $1::text", id, new(string), id.String()},
				{"SELECT $1::text::uuid", id.String(), new(string), id.String()},
				{"SELECT $1::uuid", id, new(*uuid.UUID), &id},
				{"SELECT $1::uuid", none, new(*uuid.UUID), (*uuid.UUID)(nil)},
				{"SELECT $1::uuid", some, new(uuid.NullUUID), some},
				{"SELECT $1::uuid", none, &uuid.NullUUID{UUID: id, Valid: true}, none},
				{"SELECT $1::uuid", (*uuid.UUID)(nil), new(uuid.NullUUID), none},
				{"SELECT $1::uuid", nil, new(uuid.NullUUID), none},
				{"SELECT $1::uuid[]", []uuid.UUID{id, {}}, new([]uuid.UUID), []uuid.UUID{id, {}}},
				{"SELECT $1::uuid[]", []uuid.NullUUID{some, none}, new([]uuid.NullUUID), []uuid.NullUUID{some, none}},
				{"SELECT array_agg(x ORDER BY x)::text[] FROM unnest($1::uuid[]) x", []uuid.UUID{id}, new([]string), []string{id.String()}},
			} {
				if err := db.QueryRow(t.Context(), c.sql, c.arg).Scan(c.into); err != nil {
					t.Errorf("%s of %#v: %v", c.sql, c.arg, err)
				} else if got := reflect.ValueOf(c.into).Elem().Interface(); !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s of %#v = %#v, want %#v", c.sql, c.arg, got, c.want)
				}
			}
		})
	}
}
