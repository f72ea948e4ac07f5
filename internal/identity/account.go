package identity

import (
	"context"
	"errors"
	"strconv"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// Status of an account.
const (
	StatusActive = "active"
	StatusLocked = "locked"
	StatusClosed = "closed"
)

// KindCitizen is the kind of a natural person's account; other kinds follow
// Decree 69/2024/NĐ-CP (organisations, foreigners).
const KindCitizen = "citizen"

// An Account is a person as the provider knows them.
type Account struct {
	ID        string `db:"id"`
	Number    string `db:"number"`     // số định danh cá nhân, 12 digits
	Name      string `db:"name"`       // NFC
	BirthDate string `db:"birth_date"` // 2006-01-02, or a year alone
	Sex       string `db:"sex"`        // "male", "female" or empty
	Phone     string `db:"phone"`      // E.164
	Level     int    `db:"level"`      // 1 or 2 (Decree 69/2024/NĐ-CP)
	Kind      string `db:"kind"`
	Status    string `db:"status"`

	PasswordHash  *string    `db:"password_hash"`
	PasswordSetAt *time.Time `db:"password_set_at"`
	CreatedAt     time.Time  `db:"created_at"`
	UpdatedAt     time.Time  `db:"updated_at"`
	Version       int64      `db:"version"`
}

const accountColumns = `id, number, name, birth_date, sex, phone, level, kind, status,
	password_hash, password_set_at, created_at, updated_at, version`

// ErrNoAccount says that no account has this number or id.
var ErrNoAccount = errors.New("identity: no such account")

// Get returns the account with this id, or ErrNoAccount.
func (s *Service) Get(ctx context.Context, q db.Querier, id string) (Account, error) {
	a, err := db.Get[Account](ctx, q, `SELECT `+accountColumns+` FROM account WHERE id = $1`, id)
	if errors.Is(err, db.ErrNotFound) {
		return Account{}, ErrNoAccount
	}
	return a, err
}

// Find returns the account with this identity number, or ErrNoAccount.
func (s *Service) Find(ctx context.Context, q db.Querier, number string) (Account, error) {
	a, err := db.Get[Account](ctx, q, `SELECT `+accountColumns+` FROM account WHERE number = $1`, number)
	if errors.Is(err, db.ErrNotFound) {
		return Account{}, ErrNoAccount
	}
	return a, err
}

// Any reports whether there is any account.
func (s *Service) Any(ctx context.Context) (bool, error) {
	_, err := db.Get[string](ctx, s.DB, `SELECT id FROM account LIMIT 1`)
	if errors.Is(err, db.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// listMax bounds what the console prints; pages will page.
const listMax = 1000

// List returns accounts in the order of their numbers, at most 1,000. That it
// was asked for is recorded.
func (s *Service) List(ctx context.Context, by audit.Ref) (all []Account, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		all, err = db.Select[Account](ctx, tx, `SELECT `+accountColumns+` FROM account ORDER BY number LIMIT $1`, listMax)
		if err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.list", Actor: by, Outcome: audit.OK,
			Detail: map[string]string{"count": strconv.Itoa(len(all))}})
	})
	return all, err
}

// SetPhone changes where codes go, ends the account's sessions at the provider
// and tells the old number. It errs with ErrNoAccount.
func (s *Service) SetPhone(ctx context.Context, by audit.Ref, number, phone string) error {
	return s.change(ctx, by, number, "account.phone_change", func(ctx context.Context, tx *db.Tx, a Account) error {
		return s.setPhone(ctx, tx, a, phone)
	})
}

func (s *Service) setPhone(ctx context.Context, tx *db.Tx, a Account, phone string) error {
	if a.Phone == phone {
		return nil
	}
	if _, err := db.Exec(ctx, tx, `UPDATE account SET phone = $1, updated_at = $2, version = version + 1
		WHERE id = $3`, phone, s.now(), a.ID); err != nil {
		return err
	}
	if err := s.endEverywhere(ctx, tx, a.ID, "", "phone_change"); err != nil {
		return err
	}
	_, err := s.SMS.Queue(ctx, tx, sms.Outgoing{To: a.Phone, Purpose: "phone_change", Subject: a.ID,
		Text: phoneChangedText(a.Number), NotAfter: s.now().Add(day)})
	return err
}

func phoneChangedText(number string) string {
	return "So dien thoai nhan ma OTP cua tai khoan ..." + tail(number, 4) + " da doi sang so khac. Neu khong phai ban, hay goi tong dai ho tro ngay."
}

// Insert writes a new account inside tx, with the password hash it carries
// (nil: none until the person sets one), and its audit record. It errs with
// db.ErrExists when the number is taken.
func (s *Service) Insert(ctx context.Context, tx *db.Tx, by audit.Ref, a Account) (Account, error) {
	now := s.now()
	a.ID, a.CreatedAt, a.UpdatedAt, a.Version = db.NewID(), now, now, 1
	if a.Kind == "" {
		a.Kind = KindCitizen
	}
	if a.Status == "" {
		a.Status = StatusActive
	}
	if a.PasswordHash != nil {
		a.PasswordSetAt = &now
	}
	_, err := db.Exec(ctx, tx, `INSERT INTO account (`+accountColumns+`, folded)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`,
		a.ID, a.Number, a.Name, a.BirthDate, a.Sex, a.Phone, a.Level, a.Kind, a.Status,
		a.PasswordHash, a.PasswordSetAt, a.CreatedAt, a.UpdatedAt, a.Version, folded(a.Name))
	if err != nil {
		return Account{}, err
	}
	return a, s.Audit.Append(ctx, tx, audit.Event{Action: "account.create", Actor: by, Target: ref(a.ID), Outcome: audit.OK})
}

// Add creates an account without a password and returns the activation code
// with which its owner sets one. It errs with db.ErrExists when the number is
// taken.
func (s *Service) Add(ctx context.Context, by audit.Ref, a Account) (Account, string, error) {
	var code string
	err := s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if a, err = s.Insert(ctx, tx, by, a); err != nil {
			return err
		}
		code, err = s.newActivation(ctx, tx, a.ID)
		return err
	})
	return a, code, err
}

// Reset takes the password away, ends the account's sessions at the provider
// and returns a new activation code. It errs with ErrNoAccount.
func (s *Service) Reset(ctx context.Context, by audit.Ref, number string) (code string, err error) {
	err = s.change(ctx, by, number, "account.password_reset", func(ctx context.Context, tx *db.Tx, a Account) error {
		if err := s.takePassword(ctx, tx, a); err != nil {
			return err
		}
		var err error
		code, err = s.newActivation(ctx, tx, a.ID)
		return err
	})
	return code, err
}

// takePassword takes the password away with all that it opened.
func (s *Service) takePassword(ctx context.Context, tx *db.Tx, a Account) error {
	if _, err := db.Exec(ctx, tx, `UPDATE account SET password_hash = NULL, password_set_at = NULL,
		updated_at = $1, version = version + 1 WHERE id = $2`, s.now(), a.ID); err != nil {
		return err
	}
	if err := s.endEverywhere(ctx, tx, a.ID, "", "password_reset"); err != nil {
		return err
	}
	if err := s.endLetters(ctx, tx, a.ID); err != nil {
		return err
	}
	// Whoever knew the password may have activated a phone with it.
	if err := s.endPhone(ctx, tx, a.ID, endPassword); err != nil {
		return err
	}
	return s.forgive(ctx, tx, a)
}

// Unlock makes an account usable again after too many failures or after it
// was locked. It errs with ErrNoAccount.
func (s *Service) Unlock(ctx context.Context, by audit.Ref, number string) error {
	return s.change(ctx, by, number, "account.unlock", func(ctx context.Context, tx *db.Tx, a Account) error {
		if _, err := db.Exec(ctx, tx, `UPDATE account SET status = $1, updated_at = $2, version = version + 1
			WHERE id = $3`, StatusActive, s.now(), a.ID); err != nil {
			return err
		}
		return s.forgive(ctx, tx, a)
	})
}

// Lock closes an account to sign-in and ends its sessions at the provider.
// It errs with ErrNoAccount.
func (s *Service) Lock(ctx context.Context, by audit.Ref, number string) error {
	return s.change(ctx, by, number, "account.lock", func(ctx context.Context, tx *db.Tx, a Account) error {
		if _, err := db.Exec(ctx, tx, `UPDATE account SET status = $1, updated_at = $2, version = version + 1
			WHERE id = $3`, StatusLocked, s.now(), a.ID); err != nil {
			return err
		}
		return s.endEverywhere(ctx, tx, a.ID, "", "locked")
	})
}

func (s *Service) change(ctx context.Context, by audit.Ref, number, action string, f func(context.Context, *db.Tx, Account) error) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		a, err := s.Find(ctx, tx, number)
		if err != nil {
			return err
		}
		if err := f(ctx, tx, a); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: action, Actor: by, Target: ref(a.ID), Outcome: audit.OK})
	})
}

func ref(accountID string) audit.Ref { return audit.Ref{Kind: RefAccount, ID: accountID} }
