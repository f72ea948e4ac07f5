package identity

import (
	"context"
	"time"

	"motcua/internal/audit"
	"motcua/internal/credential"
	"motcua/internal/db"
)

// LetterLife is how long a letter from the counter can be used: the person
// goes home with it, and may have to wait for a new SIM.
const LetterLife = 7 * 24 * time.Hour

// IssueLetter returns the code of a letter that the counter prints and hands
// to the account's owner, whose card it has seen, and when the code ends. With
// a code by SMS it sets a forgotten password anew; alone it is worth nothing,
// and it is no activation code. A new letter ends those before it. It errs with
// ErrNoAccount.
func (s *Service) IssueLetter(ctx context.Context, by audit.Ref, number string) (code string, until time.Time, err error) {
	until = s.now().Add(LetterLife)
	err = s.change(ctx, by, number, "account.letter_issue", func(ctx context.Context, tx *db.Tx, a Account) error {
		if err := s.endLetters(ctx, tx, a.ID); err != nil {
			return err
		}
		var digest string
		code, digest = credential.NewCode()
		_, err := db.Exec(ctx, tx, `INSERT INTO recovery_letter (id, account_id, code_digest, created_at, expires_at)
			VALUES ($1,$2,$3,$4,$5)`, db.NewID(), a.ID, digest, s.now(), until)
		return err
	})
	return code, until, err
}

func (s *Service) endLetters(ctx context.Context, tx *db.Tx, accountID string) error {
	_, err := db.Exec(ctx, tx, `UPDATE recovery_letter SET used_at = $1 WHERE account_id = $2 AND used_at IS NULL`, s.now(), accountID)
	return err
}

// letter returns the id of the account's letter with this code, or
// db.ErrNotFound.
func (s *Service) letter(ctx context.Context, q db.Querier, accountID, typed string) (string, error) {
	return db.Get[string](ctx, q, `SELECT id FROM recovery_letter
		WHERE code_digest = $1 AND account_id = $2 AND used_at IS NULL AND expires_at > $3`, credential.CodeDigest(typed), accountID, s.now())
}
