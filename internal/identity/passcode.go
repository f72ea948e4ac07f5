package identity

import (
	"context"
	"strings"
	"time"

	"motcua/internal/db"
)

const (
	// PasscodeTries wrong passcodes in a row lock the app until the password
	// is given (decided point "Phone app").
	PasscodeTries = 5
	// passcodeFresh is how long a passcode that was given still counts.
	passcodeFresh  = 2 * time.Minute
	passcodeLength = 6
	// undoTimeout bounds the taking back of a counted failure, which goes on
	// when the person has gone.
	undoTimeout = 5 * time.Second
)

// Why a passcode is not acceptable.
const (
	PasscodeFormat  = "format"
	PasscodeSame    = "same"
	PasscodeRun     = "run"
	PasscodeBirth   = "birth"
	PasscodeAccount = "account"
)

// CheckPasscode returns why the account's owner may not choose this passcode,
// or "". Six digits leave little to guess, so the ones that people try first
// are out: one digit six times, a run, a pattern of two or three digits
// repeated, the birth date, six digits of one's own number.
func CheckPasscode(passcode string, a Account) string {
	if len(passcode) != passcodeLength || strings.Trim(passcode, "0123456789") != "" {
		return PasscodeFormat
	}
	switch {
	case passcode[:2]+passcode[:2]+passcode[:2] == passcode, passcode[:3] == passcode[3:]:
		return PasscodeSame
	case strings.Contains("012345678901234", passcode), strings.Contains("098765432109876", passcode):
		return PasscodeRun
	case strings.Contains(a.Number, passcode):
		return PasscodeAccount
	}
	if len(a.BirthDate) == len(time.DateOnly) {
		y, m, d := a.BirthDate[:4], a.BirthDate[5:7], a.BirthDate[8:]
		for _, form := range []string{d + m + y[2:], y[2:] + m + d, m + d + y[2:], d + m + y, m + y, y + m} {
			if strings.Contains(form, passcode) {
				return PasscodeBirth
			}
		}
	}
	return ""
}

// tryPasscode judges a passcode of an active phone. The failure is counted
// before the passcode is looked at and taken back when it is right, so that
// guesses sent at once are counted too. left is how many tries remain.
func (s *Service) tryPasscode(ctx context.Context, p Phone, passcode string) (ok bool, left int, err error) {
	failures, err := db.GetW[int](ctx, s.DB, `UPDATE phone SET failures = failures + 1
		WHERE id = $1 AND ended_at IS NULL AND failures < $2 RETURNING failures`, p.ID, PasscodeTries)
	if isNotFound(err) {
		return false, 0, nil
	}
	if err != nil {
		return false, 0, err
	}
	passcode = passcode[:min(len(passcode), 2*passcodeLength)]
	right, _, err := s.Hasher.Verify(ctx, p.PasscodeHash, passcode)
	if err != nil || right {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
		defer cancel()
		text := `UPDATE phone SET failures = failures - 1 WHERE id = $1 AND failures > 0`
		if right {
			text = `UPDATE phone SET failures = 0 WHERE id = $1`
		}
		if _, undone := db.Exec(undo, s.DB, text, p.ID); err == nil {
			err = undone
		}
	}
	return right && err == nil, PasscodeTries - failures, err
}
