package org

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
	"motcua/internal/vn"
)

const (
	// keepChanges is how long officer_change remembers: no form stays open
	// longer than a session, and a kept one minutes more.
	keepChanges = 7 * 24 * time.Hour
	// changesPerRecord keeps an audit record within its details.
	changesPerRecord = 7
)

// A change is a field before and after, as the audit log shows it.
type change struct {
	field         Field
	before, after string
}

// differences lists what differs, secrets left out, numbers cut to their end.
func differences(was, is Profile) []change {
	phone := func(p Profile) string {
		if p.PendingPhone != "" {
			return vn.MaskPhone(p.Phone) + " (" + vn.MaskPhone(p.PendingPhone) + ")"
		}
		return vn.MaskPhone(p.Phone)
	}
	var list []change
	add := func(f Field, differ bool, before, after string) {
		if differ {
			list = append(list, change{f, before, after})
		}
	}
	add(FieldName, was.Name != is.Name, was.Name, is.Name)
	add(FieldSex, was.Sex != is.Sex, string(was.Sex), string(is.Sex))
	add(FieldAddress, was.Address != is.Address, was.Address, is.Address)
	add(FieldBirthDate, was.BirthDate != is.BirthDate, was.BirthDate, is.BirthDate)
	add(FieldEmail, was.Email != is.Email, was.Email, is.Email)
	add(FieldAvatar, was.Avatar != is.Avatar, short(was.Avatar), short(is.Avatar))
	add(FieldNumber, was.Number != is.Number || was.NumberSource != is.NumberSource, masked(was), masked(is))
	add(FieldPhone, was.Phone != is.Phone || was.PendingPhone != is.PendingPhone, phone(was), phone(is))
	add(FieldReceiptAccount, was.ReceiptAccount != is.ReceiptAccount, was.ReceiptAccount, is.ReceiptAccount)
	add(FieldReceiptPassword, was.HasReceiptPassword && !is.HasReceiptPassword, "", "forgotten")
	add(FieldDefaultPage, was.DefaultPage != is.DefaultPage, was.DefaultPage, is.DefaultPage)
	return list
}

func masked(p Profile) string {
	if p.Number == "" {
		return ""
	}
	return vn.MaskNumber(p.Number) + " " + string(p.NumberSource)
}

func short(digest string) string { return digest[:min(len(digest), 12)] }

// lockProfile reads the profile and keeps others from changing it until the
// transaction ends.
func (s *Service) lockProfile(ctx context.Context, tx *db.Tx, id string) (Profile, error) {
	if _, err := db.Select[string](ctx, tx, `SELECT id FROM officer WHERE id = $1`+tx.Dialect().ForUpdate(), id); err != nil {
		return Profile{}, err
	}
	return s.profile(ctx, tx, id)
}

// writeProfile stores is over was. receipt is the new sealed receipt password;
// nil keeps the old one, unless is has none.
func (s *Service) writeProfile(ctx context.Context, tx *db.Tx, was, is Profile, receipt *string) error {
	if is.Number != was.Number || is.Name != was.Name || is.Sex != was.Sex || is.BirthDate != was.BirthDate {
		// What VNeID said was about other data.
		is.VerifiedAt = nil
	}
	if is.Number != was.Number {
		if _, err := db.Exec(ctx, tx, `DELETE FROM officer_link WHERE officer_id = $1`, is.ID); err != nil {
			return err
		}
		// Nor may a sign-in go on that the former number began.
		if err := s.endSteps(ctx, tx, is.ID); err != nil {
			return err
		}
	}
	_, err := db.Exec(ctx, tx, `UPDATE officer SET name = $2, sex = $3, address = $4, email = $5, birth_date = $6, number = $7, number_source = $8,
		verified_at = $9, phone = $10, phone_confirmed_at = $11, pending_phone = $12, avatar = $13, receipt_account = $14,
		receipt_password = CASE WHEN $15 THEN COALESCE($16, receipt_password) ELSE NULL END, default_page = $17, folded = $18,
		profile_version = profile_version + 1, updated_at = $19, version = version + 1 WHERE id = $1`,
		is.ID, is.Name, is.Sex, is.Address, is.Email, is.BirthDate, nullable(is.Number), is.NumberSource, is.VerifiedAt,
		nullable(is.Phone), is.PhoneConfirmedAt, is.PendingPhone, is.Avatar, is.ReceiptAccount, is.HasReceiptPassword, receipt,
		is.DefaultPage, folded(is.Username, is.Name), s.clk.Now())
	if err != nil {
		return taken(err)
	}
	return nil
}

// record writes who changed what into the audit log, and the fields alone
// where open forms look.
func (s *Service) record(ctx context.Context, tx *db.Tx, action string, by audit.Ref, p Profile, list []change) error {
	now := s.clk.Now()
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = string(c.field)
	}
	byID := ""
	if by.Kind == "officer" {
		byID = by.ID
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO officer_change (officer_id, version, at, by_id, fields) VALUES ($1,$2,$3,$4,$5)`,
		p.ID, p.Version+1, now, byID, strings.Join(names, " "))
	if err != nil {
		return err
	}
	for part := range slices.Chunk(list, changesPerRecord) {
		detail := map[string]string{}
		for _, c := range part {
			detail[string(c.field)+"_before"], detail[string(c.field)+"_after"] = c.before, c.after
		}
		if err := s.audit.Append(ctx, tx, audit.Event{Action: action, Actor: by, Target: ref(p.ID), Outcome: audit.OK, Detail: detail}); err != nil {
			return err
		}
	}
	return nil
}

type changeRow struct {
	At     time.Time `db:"at"`
	ByID   string    `db:"by_id"`
	Fields string    `db:"fields"`
}

// conflict returns a *Conflict unless version is that of p.
func (s *Service) conflict(ctx context.Context, q db.Querier, officerID string, version int64, p Profile) error {
	if version == p.Version {
		return nil
	}
	rows, err := db.Select[changeRow](ctx, q, `SELECT at, by_id, fields FROM officer_change WHERE officer_id = $1 AND version > $2
		ORDER BY version DESC LIMIT 100`, officerID, version)
	if err != nil {
		return err
	}
	c := &Conflict{Version: p.Version}
	seen := map[Field]bool{}
	for i, r := range rows {
		if i == 0 {
			c.At, c.Self = r.At, r.ByID == officerID
			if c.By, err = s.nameOf(ctx, q, r.ByID); err != nil {
				return err
			}
		}
		for f := range strings.FieldsSeq(r.Fields) {
			seen[Field(f)] = true
		}
	}
	for _, f := range Fields() {
		if seen[f] {
			c.Fields = append(c.Fields, Changed{f, p.shown(f)})
		}
	}
	return c
}

// nameOf returns an officer's name, "" for the console.
func (s *Service) nameOf(ctx context.Context, q db.Querier, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	name, err := db.Get[string](ctx, q, `SELECT name FROM officer WHERE id = $1`, id)
	if errors.Is(err, db.ErrNotFound) {
		err = nil
	}
	return name, err
}

// shown is what a field holds, as its owner reads it.
func (p Profile) shown(f Field) string {
	switch f {
	case FieldName:
		return p.Name
	case FieldSex:
		return string(p.Sex)
	case FieldAddress:
		return p.Address
	case FieldBirthDate:
		return vn.BirthDate(p.BirthDate)
	case FieldEmail:
		return p.Email
	case FieldNumber:
		return p.Number
	case FieldPhone:
		if p.PendingPhone != "" {
			return vn.NationalMobile(p.PendingPhone)
		}
		return vn.NationalMobile(p.Phone)
	case FieldReceiptAccount:
		return p.ReceiptAccount
	case FieldDefaultPage:
		return p.DefaultPage
	}
	return ""
}

// throttled verifies a password that was asked for again.
func (s *Service) throttled(ctx context.Context, subject, officerID, hash, password string) error {
	if len(password) > credential.MaxBytes {
		return ErrWrongPassword
	}
	var held credential.Reservation
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		held, err = s.throttle.Reserve(ctx, tx, subject, &officerID)
		return err
	})
	if err != nil {
		return err
	}
	if !held.Allowed {
		return &TooMany{Retry: held.Retry}
	}
	ok, _, err := s.hasher.Verify(ctx, hash, password)
	if err != nil {
		return errors.Join(err, s.throttle.GiveBack(ctx, held))
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if ok {
			return s.throttle.Clear(ctx, tx, subject)
		}
		return s.audit.Append(ctx, tx, audit.Event{Action: "officer.password_again", Actor: ref(officerID), Target: ref(officerID),
			Outcome: audit.Refused, Reason: "wrong_password"})
	})
	if err == nil && !ok {
		err = ErrWrongPassword
	}
	return err
}

// PurgeProfiles deletes what nobody needs any more: pictures that no form
// brought, codes, and the list of changes. It runs hourly.
func (s *Service) PurgeProfiles(ctx context.Context) error {
	now := s.clk.Now()
	for _, q := range []struct {
		text string
		at   time.Time
	}{
		{`DELETE FROM officer_picture WHERE NOT in_use AND created_at < $1`, now.Add(-DraftLife)},
		{`DELETE FROM officer_phone_code WHERE created_at < $1`, now.Add(-keepCodes)},
		{`DELETE FROM officer_change WHERE at < $1`, now.Add(-keepChanges)},
	} {
		if _, err := db.Exec(ctx, s.db, q.text, q.at); err != nil {
			return err
		}
	}
	return nil
}
