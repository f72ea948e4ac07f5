package identity

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"motcua/internal/db"
)

// HowPassword is a sign-in by number, password and code in the list of them.
const HowPassword = "password"

// historyMax bounds the list of sign-ins.
const historyMax = 20

// A PastSignIn is one session of the account at the provider.
type PastSignIn struct {
	At      time.Time
	Service string // "" when not kept
	Agent   string // in words, or the browser's own text
	Place   string
	How     string // HowScan, HowCode, HowHere or HowPassword
	Live    bool
}

// AppHistory returns the last sign-ins of the app's owner, newest first. It
// errs with a *Refusal.
func (s *Service) AppHistory(ctx context.Context, token, lang string) ([]PastSignIn, error) {
	app, err := s.signedApp(ctx, token)
	if err != nil {
		return nil, err
	}
	all, err := s.Sessions.List(ctx, s.DB, Site, app.Account.ID)
	if err != nil {
		return nil, err
	}
	used, err := db.Select[qrAttempt](ctx, s.DB, `SELECT `+qrColumns+` FROM qr_attempt WHERE account_id = $1 AND session_id IS NOT NULL
		ORDER BY created_at DESC LIMIT $2`, app.Account.ID, historyMax)
	if err != nil {
		return nil, err
	}
	var out []PastSignIn
	for _, v := range all {
		if v.Kind == KindApp {
			continue
		}
		line := PastSignIn{At: v.CreatedAt, Agent: v.Agent, How: HowPassword, Live: s.Sessions.IdleLeft(v) > 0}
		if addr, err := netip.ParseAddr(v.Address); err == nil && s.Place != nil {
			line.Place = s.Place(addr)
		}
		if i := slices.IndexFunc(used, func(a qrAttempt) bool { return *a.SessionID == v.ID }); i >= 0 {
			a := used[i]
			line.Service, line.Agent, line.Place, line.How = a.serviceIn(lang), a.Agent, a.Place, a.How
		}
		if out = append(out, line); len(out) == historyMax {
			break
		}
	}
	return out, nil
}
