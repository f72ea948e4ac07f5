package citizen

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/session"
)

// The session of a citizen in the portal.
const (
	site = "portal"
	kind = "citizen"

	sealPurpose = "citizen.id_token"
)

// Identity is who signed in, as the provider states it; each field has been
// checked for its shape. It has the fields of signin.Identity.
type Identity struct {
	Issuer, Subject string
	Number          string // 12 digits, or ""
	Name            string
	BirthDate       string // 2006-01-02, a year, or ""
	Sex             string // "male", "female" or ""
	Phone           string // E.164, or ""
	Level           string // "1", "2" or ""
	AccountType     string
}

// An Arrival is a completed sign-in and the browser it happened in.
type Arrival struct {
	Identity Identity
	// IDToken is kept, sealed, as the hint of the sign-out.
	IDToken string
	// Refresh is the provider's refresh token, or "".
	Refresh string
	// ProviderSID, AuthTime and Methods are the provider's session, when the
	// person authenticated there, and how (RFC 8176).
	ProviderSID string
	AuthTime    time.Time
	Methods     []string
	// Former is the session token the browser had before, or "": it ends
	// with the new one's beginning (RP-13).
	Former string
	// Agent and Address are what the browser says it is and where it comes
	// from; Device and Place are the words for them in the history.
	Agent, Address, Device, Place string
}

// SignIn lets a person in and returns the token of the new session.
func (s *Service) SignIn(ctx context.Context, a Arrival) (token string, err error) {
	var former string
	if a.Former != "" {
		v, err := s.Sessions.Lookup(ctx, site, kind, a.Former)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return "", err
		}
		former = v.ID
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		token, err = s.letIn(ctx, tx, a, former)
		return err
	})
	return token, err
}

func (s *Service) letIn(ctx context.Context, tx *db.Tx, a Arrival, former string) (string, error) {
	if former != "" {
		if err := s.Sessions.Revoke(ctx, tx, former, "signed_in_again"); err != nil {
			return "", err
		}
	}
	id, err := s.remember(ctx, tx, a.Identity)
	if err != nil {
		return "", err
	}
	token, v, err := s.Sessions.Create(ctx, tx, session.Session{
		Site: site, Kind: kind, Subject: id, ProviderSID: a.ProviderSID,
		AuthTime: a.AuthTime, AMR: a.Methods, Idle: s.Idle,
		Agent: a.Agent, Address: a.Address,
	})
	if err != nil {
		return "", err
	}
	// The token is the hint of the sign-out. It never leaves the server
	// before that (RP-13).
	sealed, err := s.Box.Seal(sealPurpose, v.ID, []byte(a.IDToken))
	if err != nil {
		return "", fmt.Errorf("seal the ID token: %w", err)
	}
	if err := s.Sessions.SetData(ctx, tx, v.ID, sealed); err != nil {
		return "", err
	}
	if err := s.keepRefresh(ctx, tx, v.ID, a.Refresh); err != nil {
		return "", err
	}
	method := method(a.Methods)
	if err := s.record(ctx, tx, SignedIn{ID: v.ID, At: v.CreatedAt, Device: a.Device, Place: a.Place, Method: method}, id); err != nil {
		return "", err
	}
	return token, s.Audit.Append(ctx, tx, audit.Event{
		Action: "citizen.sign_in", Actor: ref(id), Target: ref(id), Outcome: audit.OK,
		Detail: map[string]string{"session": v.ID, "method": method, "issuer": a.Identity.Issuer},
	})
}

// remember writes what the provider says of a person now, and gives their id.
func (s *Service) remember(ctx context.Context, tx *db.Tx, i Identity) (string, error) {
	return db.Get[string](ctx, tx, `
		INSERT INTO citizen (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
		ON CONFLICT (issuer, subject) DO UPDATE SET
			number = excluded.number, name = excluded.name, birth_date = excluded.birth_date, sex = excluded.sex,
			phone = excluded.phone, level = excluded.level, account_type = excluded.account_type,
			updated_at = excluded.updated_at
		RETURNING id`,
		db.NewID(), i.Issuer, i.Subject, i.Number, i.Name, i.BirthDate, i.Sex, i.Phone, i.Level, i.AccountType, s.Clock.Now())
}

// SignOut ends the session behind token and returns the hint that names the
// provider's session, "" when there is none. A session that is over already is
// ErrNotFound.
func (s *Service) SignOut(ctx context.Context, token string) (idToken string, err error) {
	if token == "" {
		return "", ErrNotFound
	}
	v, err := s.Sessions.Lookup(ctx, site, kind, token)
	if err != nil {
		return "", err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := s.Sessions.Revoke(ctx, tx, v.ID, "signed_out"); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{
			Action: "citizen.sign_out", Actor: ref(v.Subject), Target: ref(v.Subject), Outcome: audit.OK,
			Detail: map[string]string{"session": v.ID},
		})
	})
	if err != nil {
		return "", err
	}
	// A hint that does not open is no reason to stay signed in.
	plain, err := s.Box.Open(sealPurpose, v.ID, v.Data)
	if err != nil {
		return "", nil
	}
	return string(plain), nil
}

// NotSignedIn records a sign-in that failed, by codes; broken says that the
// provider did not work rather than refuse. Nobody is known then, so the
// record has neither actor nor target.
func (s *Service) NotSignedIn(ctx context.Context, kind, reason string, broken bool) error {
	outcome := audit.Refused
	if broken {
		outcome = audit.Error
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return s.Audit.Append(ctx, tx, audit.Event{
			Action: "citizen.sign_in", Outcome: outcome, Reason: reason,
			Detail: map[string]string{"kind": kind},
		})
	})
}

func ref(id string) audit.Ref { return audit.Ref{Kind: "citizen", ID: id} }

// maxMethod bounds the method's text in the history.
const maxMethod = 64

// method writes amr values as one text, such as "pwd otp". Values that are not
// of the shape of RFC 8176's are left out.
func method(amr []string) string {
	var kept []string
	for _, m := range amr {
		if m != "" && strings.Trim(m, "abcdefghijklmnopqrstuvwxyz0123456789_-") == "" {
			kept = append(kept, m)
		}
	}
	text := strings.Join(kept, " ")
	return text[:min(len(text), maxMethod)]
}
