package postgres

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// knowUUIDs has a connection send and read uuid.UUID and uuid.NullUUID as the 16 bytes that
// they are. By itself pgx asks them for their text, as database/sql does, and parses it.
func knowUUIDs(_ context.Context, conn *pgx.Conn) error {
	types := conn.TypeMap()
	one := &pgtype.Type{Name: "uuid", OID: pgtype.UUIDOID, Codec: uuidCodec{}}
	types.RegisterType(one)
	types.RegisterType(&pgtype.Type{Name: "_uuid", OID: pgtype.UUIDArrayOID, Codec: &pgtype.ArrayCodec{ElementType: one}})
	return nil
}

// A uuidCodec is pgx's own, but for the types that it does not know.
type uuidCodec struct{ pgtype.UUIDCodec }

// PlanEncode implements pgtype.Codec.
func (c uuidCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if format == pgtype.BinaryFormatCode {
		switch value.(type) {
		case uuid.UUID, uuid.NullUUID:
			return uuidPlan{}
		}
	}
	return c.UUIDCodec.PlanEncode(m, oid, format, value)
}

// PlanScan implements pgtype.Codec.
func (c uuidCodec) PlanScan(m *pgtype.Map, oid uint32, format int16, target any) pgtype.ScanPlan {
	if format == pgtype.BinaryFormatCode {
		switch target.(type) {
		case *uuid.UUID, *uuid.NullUUID:
			return uuidPlan{}
		}
	}
	return c.UUIDCodec.PlanScan(m, oid, format, target)
}

type uuidPlan struct{}

// Encode implements pgtype.EncodePlan.
func (uuidPlan) Encode(value any, buf []byte) ([]byte, error) {
	switch id := value.(type) {
	case uuid.UUID:
		return append(buf, id[:]...), nil
	case uuid.NullUUID:
		if id.Valid {
			return append(buf, id.UUID[:]...), nil
		}
	}
	return nil, nil // NULL
}

// Scan implements pgtype.ScanPlan. Of NULL a uuid.UUID keeps what it was, as it does by
// itself.
func (uuidPlan) Scan(src []byte, target any) error {
	if src != nil && len(src) != len(uuid.UUID{}) {
		return fmt.Errorf("a uuid of %d bytes: expected 16", len(src))
	}
	switch id := target.(type) {
	case *uuid.UUID:
		copy(id[:], src)
	case *uuid.NullUUID:
		*id = uuid.NullUUID{Valid: src != nil}
		copy(id.UUID[:], src)
	}
	return nil
}
