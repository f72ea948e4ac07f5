package org

import (
	"context"
	"fmt"
	"strings"

	"motcua/internal/db"
)

// maxNames bounds Names: more than any page lists.
const maxNames = 500

// An OfficerName is how pages name an officer whom other records know by id.
type OfficerName struct {
	ID       string `db:"id"`
	Username string `db:"username"`
	Name     string `db:"name"`
}

// UnitNames returns the names of all units by id.
func (s *Service) UnitNames(ctx context.Context) (map[string]string, error) {
	units, err := s.Units(ctx, s.db)
	out := make(map[string]string, len(units))
	for _, u := range units {
		out[u.ID] = u.Name
	}
	return out, err
}

// Names returns officers by their ids; ids of nobody are left out.
func (s *Service) Names(ctx context.Context, ids []string) (map[string]OfficerName, error) {
	out := map[string]OfficerName{}
	var marks []string
	var args []any
	for _, id := range ids {
		if _, twice := out[id]; twice || id == "" || !isID(id) || len(args) == maxNames {
			continue
		}
		out[id] = OfficerName{}
		args = append(args, id)
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	clear(out)
	if len(args) == 0 {
		return out, nil
	}
	rows, err := db.Select[OfficerName](ctx, s.db, `SELECT id, username, name FROM officer WHERE id IN (`+strings.Join(marks, ",")+`)`, args...)
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// Named returns the officer with this username, as typed. It errs with
// ErrNoOfficer.
func (s *Service) Named(ctx context.Context, username string) (OfficerName, error) {
	o, err := s.Officer(ctx, s.db, username)
	return OfficerName{ID: o.ID, Username: o.Username, Name: o.Name}, err
}
