package org

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

	"motcua/internal/db"
)

const (
	// maxKept bounds a kept form, in bytes: twice the text of the longest one.
	maxKept = 64 << 10
	// maxKeptForms of one officer; the oldest go first.
	maxKeptForms = 10

	keptPurpose = "org.kept_form"
)

// ErrTooLarge says that a form is too large to be kept.
var ErrTooLarge = errors.New("org: form too large to be kept")

// keptForm is what is sealed of a form.
type keptForm struct {
	Path   string
	Values url.Values
}

// Whose names the officer whose session a token was, also when it ended by
// time (not when somebody ended it): the owner of a form that came too late.
// It errs with ErrNotFound.
func (s *Service) Whose(ctx context.Context, token string) (officerID string, err error) {
	found, err := s.sessions.Find(ctx, s.db, Site, SessionKind, token)
	if err != nil {
		return "", err
	}
	if found.RevokedAt != nil {
		return "", ErrNotFound
	}
	return found.Subject, nil
}

// KeepForm seals a form that was posted when the session had ended, for this
// officer after the next sign-in. The fields named secret are left out:
// passwords and codes are never kept. It errs with ErrTooLarge.
func (s *Service) KeepForm(ctx context.Context, officerID, path string, values url.Values, secret ...string) (id string, err error) {
	form := keptForm{Path: path, Values: url.Values{}}
	for name, v := range values {
		if !slices.Contains(secret, name) {
			form.Values[name] = v
		}
	}
	plain, err := json.Marshal(form)
	if err != nil {
		return "", err
	}
	if len(plain) > maxKept {
		return "", ErrTooLarge
	}
	id = db.NewID()
	content, err := s.box.Seal(keptPurpose, id, plain)
	if err != nil {
		return "", err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := db.Exec(ctx, tx, `DELETE FROM kept_form WHERE officer_id = $1 AND id NOT IN
			(SELECT id FROM kept_form WHERE officer_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2)`, officerID, maxKeptForms-1)
		if err != nil {
			return err
		}
		now := s.clk.Now()
		_, err = db.Exec(ctx, tx, `INSERT INTO kept_form (id, officer_id, content, created_at, expires_at) VALUES ($1,$2,$3,$4,$5)`,
			id, officerID, content, now, now.Add(KeptLife))
		return err
	})
	return id, err
}

// TakeForm gives a kept form back, once, to the officer who filled it in. It
// errs with ErrNotKept.
func (s *Service) TakeForm(ctx context.Context, officerID, id string) (path string, values url.Values, err error) {
	if !isID(id) {
		return "", nil, ErrNotKept
	}
	var content string
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		content, err = db.Get[string](ctx, tx, `DELETE FROM kept_form WHERE id = $1 AND officer_id = $2 AND expires_at > $3 RETURNING content`,
			id, officerID, s.clk.Now())
		return err
	})
	if errors.Is(err, db.ErrNotFound) {
		return "", nil, ErrNotKept
	}
	if err != nil {
		return "", nil, err
	}
	plain, err := s.box.Open(keptPurpose, id, content)
	if err != nil {
		return "", nil, err
	}
	var form keptForm
	if err := json.Unmarshal(plain, &form); err != nil {
		return "", nil, err
	}
	return form.Path, form.Values, nil
}
