package org

import (
	"context"

	"motcua/internal/credential"
	"motcua/internal/db"
)

// BeginTOTP returns the secret to be put into an authenticator app, as text
// and as the address of a QR code, in a sign-in that demands it. Asked again
// it returns the same. It errs with ErrNoStep.
func (s *Service) BeginTOTP(ctx context.Context, token string) (secret, uri string, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, o, err := s.lockedStep(ctx, tx, token, NextEnrol)
		if err != nil {
			return err
		}
		var plain []byte
		if p.TOTPSecret != nil {
			plain, err = s.box.Open(totpPendingPurpose, p.ID, *p.TOTPSecret)
		} else {
			plain, err = s.newPending(ctx, tx, `UPDATE officer_step SET totp_secret = $2 WHERE id = $1`, p.ID)
		}
		secret, uri = shown(plain, o)
		return err
	})
	return secret, uri, err
}

func (s *Service) newPending(ctx context.Context, tx *db.Tx, text, rowID string) ([]byte, error) {
	plain := credential.NewTOTPSecret()
	sealed, err := s.box.Seal(totpPendingPurpose, rowID, plain)
	if err != nil {
		return nil, err
	}
	_, err = db.Exec(ctx, tx, text, rowID, sealed)
	return plain, err
}

func shown(plain []byte, o Officer) (secret, uri string) {
	return credential.TOTPText(plain), credential.TOTPURI(plain, TOTPIssuer, o.Username)
}

// EnrolTOTP puts the secret of BeginTOTP in use when the code is its, and goes
// on with the sign-in. The recovery codes are shown this once. It errs with
// ErrNoStep or ErrWrongCode.
func (s *Service) EnrolTOTP(ctx context.Context, token, code string) (recovery []string, out Step, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, o, err := s.lockedStep(ctx, tx, token, NextEnrol)
		if err != nil {
			return err
		}
		if o.TOTPSince != nil {
			return ErrNoStep
		}
		if recovery, err = s.enrol(ctx, tx, &o, p.ID, p.TOTPSecret, code); err != nil {
			return err
		}
		p.prove(amrCode)
		out, err = s.advance(ctx, tx, o, p)
		return err
	})
	if err != nil {
		return nil, Step{}, err
	}
	return recovery, out, nil
}

func (s *Service) enrol(ctx context.Context, tx *db.Tx, o *Officer, rowID string, sealed *string, code string) ([]string, error) {
	if sealed == nil {
		return nil, ErrWrongCode
	}
	plain, err := s.box.Open(totpPendingPurpose, rowID, *sealed)
	if err != nil {
		return nil, err
	}
	step, ok := credential.MatchTOTP(plain, code, s.clk.Now())
	if !ok {
		return nil, ErrWrongCode
	}
	return s.store(ctx, tx, o, plain, step)
}

// BeginTOTPFor makes a secret for an officer who is signed in, in place of the
// one that may be there, which stays in use until EnrolTOTPFor. It errs as
// confirming the own password does: *Wrong, ErrNotFound or credential.ErrBusy.
func (s *Service) BeginTOTPFor(ctx context.Context, v Visit, password string) (secret, uri string, err error) {
	if err := s.confirmOwn(ctx, v, password); err != nil {
		return "", "", err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		plain, err := s.newPending(ctx, tx, `UPDATE office_visit SET totp_secret = $2 WHERE session_id = $1`, v.Session.ID)
		secret, uri = shown(plain, v.Officer)
		return err
	})
	return secret, uri, err
}

// PendingTOTPFor returns the secret that BeginTOTPFor made, for the page that
// asks for its code. It errs with ErrNoTOTP.
func (s *Service) PendingTOTPFor(ctx context.Context, v Visit) (secret, uri string, err error) {
	row, err := s.visitOf(ctx, s.db, v.Session.ID)
	if err != nil {
		return "", "", err
	}
	if row.TOTPSecret == nil {
		return "", "", ErrNoTOTP
	}
	plain, err := s.box.Open(totpPendingPurpose, v.Session.ID, *row.TOTPSecret)
	if err != nil {
		return "", "", err
	}
	secret, uri = shown(plain, v.Officer)
	return secret, uri, nil
}

// EnrolTOTPFor puts the secret of BeginTOTPFor in use when the code is its.
// The recovery codes are shown this once; those before no longer hold. It errs
// with ErrNoTOTP or ErrWrongCode.
func (s *Service) EnrolTOTPFor(ctx context.Context, v Visit, code string) (recovery []string, err error) {
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockOfficer(ctx, tx, v.Officer.ID)
		if err != nil {
			return err
		}
		row, err := s.visitOf(ctx, tx, v.Session.ID)
		if err != nil {
			return err
		}
		if row.TOTPSecret == nil {
			return ErrNoTOTP
		}
		if recovery, err = s.enrol(ctx, tx, &o, v.Session.ID, row.TOTPSecret, code); err != nil {
			return err
		}
		_, err = db.Exec(ctx, tx, `UPDATE office_visit SET totp_secret = NULL WHERE session_id = $1`, v.Session.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// RemoveTOTPFor takes the own second factor away. It errs with ErrNeedsTOTP
// when a post demands it, ErrNoTOTP, or as confirming the own password does.
func (s *Service) RemoveTOTPFor(ctx context.Context, v Visit, password string) error {
	if err := s.confirmOwn(ctx, v, password); err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		o, err := s.lockOfficer(ctx, tx, v.Officer.ID)
		if err != nil {
			return err
		}
		posts, err := s.Posts(ctx, tx, o.ID, s.clk.Now())
		switch {
		case err != nil:
			return err
		case o.TOTPSince == nil:
			return ErrNoTOTP
		case NeedsTOTP(posts):
			return ErrNeedsTOTP
		}
		return s.drop(ctx, tx, ref(o.ID), o.ID)
	})
}
