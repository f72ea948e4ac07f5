package org

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/audit"
	"motcua/internal/db"
)

const (
	// MaxUnits bounds the list of a province: some 104 communes, 20
	// departments, and what stands below them.
	MaxUnits = 5000
	// maxUnitName is in characters.
	maxUnitName = 200
)

// ErrNoUnit says that no unit has this code.
var ErrNoUnit = errors.New("org: no such unit")

// A Unit is a body of the province. Its code is that of the national list of
// agencies, such as "H31.2".
type Unit struct {
	ID        string    `db:"id"`
	Code      string    `db:"code"`
	Name      string    `db:"name"`
	ParentID  *string   `db:"parent_id"` // nil at the top
	Kind      string    `db:"kind"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
	Version   int64     `db:"version"`
}

// NewUnit is a unit to be made.
type NewUnit struct {
	Code, Name string
	Parent     string // code of the unit above, "" at the top
	Kind       string // a word such as "department"
}

var (
	unitCode = regexp.MustCompile(`^[A-Z][0-9]{2}(\.[0-9]{1,4}){0,4}$`)
	unitKind = regexp.MustCompile(`^[a-z][a-z-]{1,31}$`)
)

// AddUnit makes a unit. It errs with db.ErrExists when the code is taken,
// ErrNoUnit without the unit above, an *Invalid for malformed data.
func (s *Service) AddUnit(ctx context.Context, by audit.Ref, n NewUnit) (Unit, error) {
	var u Unit
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		u, err = s.InsertUnit(ctx, tx, by, n)
		return err
	})
	return u, err
}

// InsertUnit is AddUnit in the caller's transaction.
func (s *Service) InsertUnit(ctx context.Context, tx *db.Tx, by audit.Ref, n NewUnit) (Unit, error) {
	name := tidy(n.Name)
	switch {
	case !unitCode.MatchString(n.Code):
		return Unit{}, &Invalid{"code", fmt.Sprintf("%q is no agency code", n.Code)}
	case name == "" || utf8.RuneCountInString(name) > maxUnitName || strings.ContainsFunc(name, unicode.IsControl):
		return Unit{}, &Invalid{"name", "must have 1 to 200 characters"}
	case !unitKind.MatchString(n.Kind):
		return Unit{}, &Invalid{"kind", "must be a word of small letters"}
	}
	now := s.clk.Now()
	u := Unit{ID: db.NewID(), Code: n.Code, Name: name, Kind: n.Kind, CreatedAt: now, UpdatedAt: now, Version: 1}
	if n.Parent != "" {
		above, err := s.Unit(ctx, tx, n.Parent)
		if err != nil {
			return Unit{}, err
		}
		u.ParentID = &above.ID
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO unit (id, code, name, parent_id, kind, created_at, updated_at, version)
		VALUES ($1,$2,$3,$4,$5,$6,$6,1)`, u.ID, u.Code, u.Name, u.ParentID, u.Kind, now)
	if err != nil {
		return Unit{}, err
	}
	return u, s.audit.Append(ctx, tx, audit.Event{Action: "unit.create", Actor: by, Target: audit.Ref{Kind: "unit", ID: u.ID},
		Outcome: audit.OK, Detail: map[string]string{"unit_code": u.Code, "parent": n.Parent}})
}

const unitColumns = `id, code, name, parent_id, kind, created_at, updated_at, version`

// Unit returns the unit with this code. It errs with ErrNoUnit.
func (s *Service) Unit(ctx context.Context, q db.Querier, code string) (Unit, error) {
	u, err := db.Get[Unit](ctx, q, `SELECT `+unitColumns+` FROM unit WHERE code = $1`, code)
	if errors.Is(err, db.ErrNotFound) {
		return Unit{}, ErrNoUnit
	}
	return u, err
}

// Units returns all units by code, at most MaxUnits.
func (s *Service) Units(ctx context.Context, q db.Querier) ([]Unit, error) {
	return db.Select[Unit](ctx, q, `SELECT `+unitColumns+` FROM unit ORDER BY code LIMIT $1`, MaxUnits)
}

// tidy returns text in NFC with single blanks and none around.
func tidy(s string) string {
	if len(s) > 4*maxUnitName*utf8.UTFMax {
		// Longer than any bound even when decomposed: let the check refuse it.
		s = s[:4*maxUnitName*utf8.UTFMax]
	}
	return strings.Join(strings.Fields(norm.NFC.String(strings.ToValidUTF8(s, "\ufffd"))), " ")
}
