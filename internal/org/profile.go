package org

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"motcua/internal/db"
	"motcua/internal/vn"
)

// A Profile is what the personal page shows of an officer. It holds no secret.
type Profile struct {
	ID       string `db:"id"`
	Username string `db:"username"`
	Status   Status `db:"status"`

	Name      string `db:"name"`
	Sex       vn.Sex `db:"sex"`
	Address   string `db:"address"`
	Email     string `db:"email"`
	BirthDate string `db:"birth_date"` // 2006-01-02 or ""

	Number       string       `db:"number"` // twelve digits or ""
	NumberSource NumberSource `db:"number_source"`
	// VerifiedAt is when a sign-in at VNeID last said the same name, sex,
	// birth date and number; a later change of one of them takes it away.
	VerifiedAt *time.Time `db:"verified_at"`
	// Certified: an administrator's list names a number for this officer.
	Certified bool `db:"certified"`

	Phone            string     `db:"phone"` // E.164 or ""
	PhoneConfirmedAt *time.Time `db:"phone_confirmed_at"`
	// PendingPhone was typed and waits for its code. Forms show it instead of
	// Phone: saving the form with Phone gives it up.
	PendingPhone string `db:"pending_phone"`

	Avatar             string `db:"avatar"` // digest of the picture or ""
	ReceiptAccount     string `db:"receipt_account"`
	HasReceiptPassword bool   `db:"has_receipt_password"`
	DefaultPage        string `db:"default_page"` // "post id:page" or ""
	Version            int64  `db:"profile_version"`
	// ChangedAt is when one of these was last changed; nil when that was more
	// than a week ago or never.
	ChangedAt *time.Time `db:"changed_at"`
}

// LogValue keeps personal data out of logs.
func (p Profile) LogValue() slog.Value { return slog.StringValue(p.Username + " " + p.ID) }

const profileSelect = `SELECT o.id, o.username, o.status, o.name, o.sex, o.address, o.email, o.birth_date, COALESCE(o.number, '') AS number,
	o.number_source, o.verified_at, c.number IS NOT NULL AS certified, COALESCE(o.phone, '') AS phone, o.phone_confirmed_at, o.pending_phone,
	o.avatar, o.receipt_account, o.receipt_password IS NOT NULL AS has_receipt_password, o.default_page, o.profile_version, h.at AS changed_at
	FROM officer o LEFT JOIN certified_number c ON c.officer_id = o.id
	LEFT JOIN officer_change h ON h.officer_id = o.id AND h.version = o.profile_version`

// Profile returns the profile of an officer. It errs with ErrNoOfficer.
func (s *Service) Profile(ctx context.Context, officerID string) (Profile, error) {
	return s.profile(ctx, s.db, officerID)
}

func (s *Service) profile(ctx context.Context, q db.Querier, officerID string) (Profile, error) {
	p, err := db.Get[Profile](ctx, q, profileSelect+` WHERE o.id = $1`, officerID)
	if errors.Is(err, db.ErrNotFound) {
		return Profile{}, ErrNoOfficer
	}
	return p, err
}

// An Edit is the form of the personal page, everything as typed.
type Edit struct {
	// Version is Profile.Version as the form was made.
	Version int64

	Name, Sex, Address, Email string
	// Day may hold a whole pasted date when Month and Year are empty.
	Day, Month, Year string
	Number, Phone    string

	ReceiptAccount  string
	ReceiptPassword string // empty keeps
	ForgetReceipt   bool   // forgets account and password

	Draft     string // id of a picture from DraftAvatar; "" keeps
	NoPicture bool

	DefaultPage string
	Password    string // the officer's own, needed when a number changes
}

// LogValue keeps what was typed out of logs.
func (Edit) LogValue() slog.Value { return slog.StringValue("[profile form]") }

// Saved tells what a save did.
type Saved struct {
	Warnings []Fault
	// PhoneCode: a code was sent to the new phone, which waits for it.
	PhoneCode bool
	Complete  bool
}
