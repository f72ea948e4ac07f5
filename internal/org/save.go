package org

import (
	"context"
	"errors"

	"motcua/internal/db"
	"motcua/internal/vn"
)

// sealReceipt is the purpose under which receipt passwords are sealed, with
// the officer's id.
const sealReceipt = "org.receipt-password"

// SaveProfile changes the officer's own profile. It errs with *Faults,
// *Conflict, ErrNeedPassword, ErrWrongPassword or *TooMany, and then has
// changed nothing. A form that changes nothing is saved without a trace.
func (s *Service) SaveProfile(ctx context.Context, v Visit, e Edit) (saved Saved, err error) {
	f, faults := e.clean(s.clk.Now())
	if err := faults.none(); err != nil {
		return Saved{}, err
	}
	seen, err := s.profile(ctx, s.db, v.Officer.ID)
	if err != nil {
		return Saved{}, err
	}
	if err := s.conflict(ctx, s.db, v.Officer.ID, e.Version, seen); err != nil {
		return Saved{}, err
	}
	if seen.Number != "" && seen.Number != f.number {
		if err := s.ownPassword(ctx, v, e.Password); err != nil {
			return Saved{}, err
		}
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		saved, err = s.save(ctx, tx, v, e, f)
		return err
	})
	if errors.Is(err, ErrNumberTaken) {
		err = fault(FieldNumber, CodeTaken, "")
	}
	if err != nil {
		return Saved{}, err
	}
	return saved, nil
}

func (s *Service) save(ctx context.Context, tx *db.Tx, v Visit, e Edit, f form) (Saved, error) {
	id := v.Officer.ID
	was, err := s.lockProfile(ctx, tx, id)
	if err != nil {
		return Saved{}, err
	}
	// Again, now that nobody else can change the row: the version also carries
	// the decision about the password.
	if err := s.conflict(ctx, tx, id, e.Version, was); err != nil {
		return Saved{}, err
	}
	is := f.onto(was)
	warnings := numberWarnings(is.Number, is.Sex, is.BirthDate)
	more, err := s.checkAgainst(ctx, tx, was, is)
	if err != nil {
		return Saved{}, err
	}
	warnings = append(warnings, more...)
	if is.Avatar, err = s.choosePicture(ctx, tx, was, e); err != nil {
		return Saved{}, err
	}
	sealed, err := s.sealReceipt(id, f)
	if err != nil {
		return Saved{}, err
	}
	list := differences(was, is)
	if sealed != nil {
		list = append(list, change{FieldReceiptPassword, "", "set"})
	}
	saved := Saved{Warnings: warnings}
	if len(list) > 0 {
		if err := s.writeProfile(ctx, tx, was, is, sealed); err != nil {
			return Saved{}, err
		}
		if err := s.record(ctx, tx, "officer.profile", ref(id), is, list); err != nil {
			return Saved{}, err
		}
	}
	if is.PendingPhone != "" && is.PendingPhone != was.PendingPhone {
		switch err := s.sendPhoneCode(ctx, tx, is, v.Post); {
		case err == nil:
			saved.PhoneCode = true
		case errors.Is(err, ErrSendLimit):
			saved.Warnings = append(saved.Warnings, Fault{FieldPhone, CodeSMSLimit, ""})
		default:
			return Saved{}, err
		}
	}
	done, of, _, _ := Completeness(is)
	saved.Complete = done == of
	return saved, nil
}

// onto returns the profile as the form wants it. The picture is chosen apart.
func (f form) onto(p Profile) Profile {
	p.Name, p.Sex, p.Address, p.Email, p.BirthDate, p.DefaultPage = f.name, f.sex, f.address, f.email, f.birthDate, f.defaultPage
	was := p
	if p.Number != f.number {
		// Whoever types a number proves nothing by it.
		p.Number, p.NumberSource = f.number, NumberBySelf
	}
	p.ReceiptAccount = f.receiptAccount
	p.HasReceiptPassword = f.receiptPassword != "" || p.HasReceiptPassword && f.receiptAccount != ""
	switch {
	case f.phone == was.Phone && was.PhoneConfirmedAt != nil:
		p.PendingPhone = ""
	default:
		p.PendingPhone = f.phone
	}
	return p
}

// checkAgainst holds the form against what others have.
func (s *Service) checkAgainst(ctx context.Context, tx *db.Tx, was, is Profile) (warnings []Fault, err error) {
	faults := &Faults{}
	listed, err := s.listed(ctx, tx, is.ID, is.Number)
	switch {
	case err != nil:
		return nil, err
	case is.Number == was.Number && listed.mine != "" && listed.mine != is.Number:
		// The list came later than the number.
		warnings = append(warnings, Fault{FieldNumber, CodeCertifiedOther, vn.MaskNumber(listed.mine)})
	case is.Number == was.Number, is.Number == "":
	case listed.mine != "" && listed.mine != is.Number:
		faults.add(FieldNumber, CodeCertifiedOther, vn.MaskNumber(listed.mine))
	case listed.heldByOther:
		faults.add(FieldNumber, CodeCertifiedHeld, "")
	default:
		if err := s.numberFree(ctx, tx, is.ID, is.Number); errors.Is(err, ErrNumberTaken) {
			faults.add(FieldNumber, CodeTaken, "")
		} else if err != nil {
			return nil, err
		}
	}
	if is.DefaultPage != was.DefaultPage {
		posts, err := s.Posts(ctx, tx, is.ID, s.clk.Now())
		if err != nil {
			return nil, err
		}
		if !choosable(is.DefaultPage, posts) {
			faults.add(FieldDefaultPage, CodeNotAllowed, "")
		}
	}
	return warnings, faults.none()
}

// numberFree errs with ErrNumberTaken when another officer has the number; the
// unique index decides when two claim it at once.
func (s *Service) numberFree(ctx context.Context, tx *db.Tx, officerID, number string) error {
	_, err := db.Get[string](ctx, tx, `SELECT id FROM officer WHERE number = $1 AND id <> $2 AND status IN ('active', 'locked')`, number, officerID)
	switch {
	case err == nil:
		return ErrNumberTaken
	case errors.Is(err, db.ErrNotFound):
		return nil
	}
	return err
}

// sealReceipt returns the new receipt password sealed, nil when none was
// typed.
func (s *Service) sealReceipt(officerID string, f form) (*string, error) {
	if f.receiptPassword == "" {
		return nil, nil
	}
	sealed, err := s.box.Seal(sealReceipt, officerID, []byte(f.receiptPassword))
	return &sealed, err
}

// ReceiptLogin returns an officer's account at the receipt provider and its
// password, for the call to that provider alone: it belongs on no page and in
// no log. Both are "" without one.
func (s *Service) ReceiptLogin(ctx context.Context, officerID string) (account, password string, err error) {
	row, err := db.Get[struct {
		Account  string  `db:"receipt_account"`
		Password *string `db:"receipt_password"`
	}](ctx, s.db, `SELECT receipt_account, receipt_password FROM officer WHERE id = $1`, officerID)
	if errors.Is(err, db.ErrNotFound) {
		return "", "", ErrNoOfficer
	}
	if err != nil || row.Password == nil {
		return row.Account, "", err
	}
	plain, err := s.box.Open(sealReceipt, officerID, *row.Password)
	return row.Account, string(plain), err
}

// ownPassword asks for the officer's own password again. Failures are counted
// before the password is looked at, and an administrator's unlock forgives
// them.
func (s *Service) ownPassword(ctx context.Context, v Visit, password string) error {
	if password == "" {
		return ErrNeedPassword
	}
	hash, err := db.Get[string](ctx, s.db, `SELECT password_hash FROM officer WHERE id = $1`, v.Officer.ID)
	if err != nil {
		return err
	}
	return s.throttled(ctx, s.mac("org.own-password", v.Officer.ID), v.Officer.ID, hash, password)
}
