package oidcop

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/session"
)

// A Device is a session of a person at the provider, with what stands on it:
// one line of "Phiên và thiết bị" (SES-03).
type Device struct {
	ID       string
	Kind     string // KindSSO, KindIsolated, identity.KindApp, or "" for what outlives it
	Agent    string // the browser's own text
	Place    string
	Began    time.Time
	LastUsed time.Time
	ByQR     bool
	This     bool
	// Sites are those of this program whose sessions stand on it.
	Sites []string
}

// Devices returns what is alive of an account, this one first, then by last
// use. A session of a service whose provider's session is over by time is a
// line of its own.
func (p *Provider) Devices(ctx context.Context, accountID, this string) ([]Device, error) {
	live, err := p.Sessions.Live(ctx, p.DB, identity.Site, accountID)
	if err != nil {
		return nil, err
	}
	var out []Device
	at := map[string]int{}
	line := func(id string, s session.Session, kind string) {
		if _, there := at[id]; there {
			return
		}
		at[id] = len(out)
		out = append(out, Device{ID: id, Kind: kind, Agent: s.Agent, Place: p.place(s.Address), Began: s.CreatedAt, LastUsed: s.SeenAt,
			ByQR: slices.Contains(s.AMR, "pop") && kind != identity.KindApp, This: id == this})
	}
	for _, s := range live {
		if s.Site == identity.Site {
			line(s.ID, s, s.Kind)
		}
	}
	for _, s := range live {
		if s.Site == identity.Site {
			continue
		}
		line(s.ProviderSID, s, "")
		d := &out[at[s.ProviderSID]]
		if !slices.Contains(d.Sites, s.Site) {
			d.Sites = append(d.Sites, s.Site)
		}
		if s.SeenAt.After(d.LastUsed) {
			d.LastUsed = s.SeenAt
		}
	}
	slices.SortStableFunc(out, func(a, b Device) int {
		if a.This != b.This {
			if a.This {
				return -1
			}
			return 1
		}
		return b.LastUsed.Compare(a.LastUsed)
	})
	return out, nil
}

func (p *Provider) place(address string) string {
	if a, err := netip.ParseAddr(address); err == nil && p.People.Place != nil {
		return p.People.Place(a)
	}
	return ""
}

// EndDevice ends one session of an account and what stands on it; services are
// told. One that is over already, or somebody else's, is ErrNoSession.
func (p *Provider) EndDevice(ctx context.Context, accountID, id string) error {
	all, err := p.Devices(ctx, accountID, "")
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(d Device) bool { return d.ID == id }) {
		return ErrNoSession
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := p.Sessions.RevokeByProviderSID(ctx, tx, id, "owner"); err != nil {
			return err
		}
		return p.endSession(ctx, tx, session.Session{ID: id, Subject: accountID}, "owner")
	})
}

// EndDevices ends all sessions of an account, or all but the one to keep.
func (p *Provider) EndDevices(ctx context.Context, accountID, keep string) error {
	who := audit.Ref{Kind: identity.RefAccount, ID: accountID}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := p.Sessions.RevokeBehind(ctx, tx, identity.Site, accountID, keep, "owner")
		err = errors.Join(err, p.Sessions.RevokeOthers(ctx, tx, identity.Site, accountID, keep, "owner"))
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `UPDATE access_token SET revoked_at = $1 WHERE account_id = $2 AND session_id <> $3 AND revoked_at IS NULL`,
			p.Clock.Now(), accountID, keep); err != nil {
			return err
		}
		return p.Audit.Append(ctx, tx, audit.Event{Action: "account.sessions_end", Actor: who, Target: who, Outcome: audit.OK,
			Detail: map[string]string{"kept": keep}})
	})
}
