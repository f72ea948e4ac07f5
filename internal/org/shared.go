package org

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"motcua/internal/audit"
	"motcua/internal/db"
)

const (
	// maxSharedPlaces bounds what each request looks through.
	maxSharedPlaces = 500
	// maxPlaceLabel is in characters.
	maxPlaceLabel = 100
	// Wider networks are a mistake: every officer would be on a shared machine.
	minPrefix4, minPrefix6 = 16, 32
)

// ErrTooManyPlaces says that no more shared machines can be marked.
var ErrTooManyPlaces = errors.New("org: too many shared machines")

// IsShared reports whether a browser or its network is a shared machine: the
// sign-in page asks it before anybody is known.
func (s *Service) IsShared(ctx context.Context, machine string, source netip.Addr) (bool, error) {
	key := ""
	if machine != "" {
		key = digest(machine)
	}
	return s.sharedBy(ctx, s.db, key, source)
}

func (s *Service) sharedBy(ctx context.Context, q db.Querier, machineDigest string, source netip.Addr) (bool, error) {
	keys, err := db.Select[string](ctx, q, `SELECT key FROM shared_place WHERE kind = $1 OR key = $2 LIMIT $3`, SharedNetwork, machineDigest, maxSharedPlaces)
	if err != nil {
		return false, err
	}
	for _, key := range keys {
		if key == machineDigest {
			return true, nil
		}
		if p, err := netip.ParsePrefix(key); err == nil && p.Contains(source.Unmap()) {
			return true, nil
		}
	}
	return false, nil
}

// MarkBrowser makes the browser that asks a shared machine and returns the
// mark for its cookie, which is nowhere else. It errs with ErrNotAllowed, an
// *Invalid or ErrTooManyPlaces.
func (s *Service) MarkBrowser(ctx context.Context, v Visit, label string) (mark string, err error) {
	mark = newToken()
	if err := s.addPlace(ctx, v, SharedBrowser, digest(mark), label); err != nil {
		return "", err
	}
	return mark, nil
}

// AddSharedNetwork makes all machines of a network shared ones. It errs with
// ErrNotAllowed, an *Invalid, db.ErrExists or ErrTooManyPlaces.
func (s *Service) AddSharedNetwork(ctx context.Context, v Visit, prefix, label string) error {
	p, err := parseNetwork(prefix)
	if err != nil {
		return err
	}
	return s.addPlace(ctx, v, SharedNetwork, p.String(), label)
}

// parseNetwork reads an address or a prefix.
func parseNetwork(typed string) (netip.Prefix, error) {
	typed = strings.TrimSpace(typed[:min(len(typed), maxMark)])
	if a, err := netip.ParseAddr(typed); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(typed)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, &Invalid{"prefix", "must be an address or a network such as 203.0.113.0/24"}
	}
	if least := minPrefix4; p.Addr().Is4() && p.Bits() < least || p.Addr().Is6() && p.Bits() < minPrefix6 {
		return netip.Prefix{}, &Invalid{"prefix", "must not be wider than /16, or /32 of IPv6"}
	}
	return p.Masked(), nil
}

func (s *Service) addPlace(ctx context.Context, v Visit, kind, key, label string) error {
	label = tidy(label)
	if n := utf8.RuneCountInString(label); n < 1 || n > maxPlaceLabel || strings.ContainsFunc(label, unicode.IsControl) {
		return &Invalid{"label", "must have 1 to 100 characters"}
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.mayMark(ctx, tx, v); err != nil {
			return err
		}
		n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM shared_place`)
		if err != nil {
			return err
		}
		if n >= maxSharedPlaces {
			return ErrTooManyPlaces
		}
		p := SharedPlace{ID: db.NewID(), Kind: kind, Key: key, Label: label, OfficerID: v.Officer.ID, CreatedAt: s.clk.Now()}
		_, err = db.Exec(ctx, tx, `INSERT INTO shared_place (id, kind, key, label, officer_id, created_at) VALUES ($1,$2,$3,$4,$5,$6)`,
			p.ID, p.Kind, p.Key, p.Label, p.OfficerID, p.CreatedAt)
		if err != nil {
			return err
		}
		return s.auditPlace(ctx, tx, v, "machine.share", p)
	})
}

func (s *Service) mayMark(ctx context.Context, q db.Querier, v Visit) error {
	ok, err := s.may(ctx, q, v.Post, RightMachines, Thing{})
	if err == nil && !ok {
		err = ErrNotAllowed
	}
	return err
}

func (s *Service) auditPlace(ctx context.Context, tx *db.Tx, v Visit, action string, p SharedPlace) error {
	detail := map[string]string{"kind": p.Kind, "label": p.Label, "post_id": v.Post.ID}
	if p.Kind == SharedNetwork {
		detail["network"] = p.Key
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: action, Actor: ref(v.Officer.ID), Target: audit.Ref{Kind: "shared_place", ID: p.ID},
		Outcome: audit.OK, Detail: detail})
}

// SharedPlaces returns the shared machines, newest first. It errs with
// ErrNotAllowed.
func (s *Service) SharedPlaces(ctx context.Context, v Visit) ([]SharedPlace, error) {
	if err := s.mayMark(ctx, s.db, v); err != nil {
		return nil, err
	}
	return db.Select[SharedPlace](ctx, s.db, `SELECT id, kind, key, label, officer_id, created_at FROM shared_place
		ORDER BY created_at DESC, id DESC LIMIT $1`, maxSharedPlaces)
}

// RemoveSharedPlace ends a mark; removing it twice is no error. It errs with
// ErrNotAllowed.
func (s *Service) RemoveSharedPlace(ctx context.Context, v Visit, id string) error {
	if !isID(id) {
		return nil
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.mayMark(ctx, tx, v); err != nil {
			return err
		}
		p, err := db.Get[SharedPlace](ctx, tx, `DELETE FROM shared_place WHERE id = $1 RETURNING id, kind, key, label, officer_id, created_at`, id)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.auditPlace(ctx, tx, v, "machine.unshare", p)
	})
}
