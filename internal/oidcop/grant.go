package oidcop

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/identity"
	"motcua/internal/session"
)

// CauseRevoked is the cause of a notice to a service whose grant was revoked.
const CauseRevoked = "grant_revoked"

// keepGrants is how long a grant is remembered without use; the migration says
// the same.
const keepGrants = 3 * 365 * 24 * time.Hour

// A Grant is a service that has received a person's data.
type Grant struct {
	ClientID           string
	Name, NameEN       string
	Purpose, PurposeEN string
	// FirstParty: a service of the same authority; nobody was asked.
	FirstParty bool
	Scopes     []string
	First      time.Time // when it first received data
	Last       time.Time // its last sign-in
	Agreed     *time.Time
	// Live: it could ask for data now.
	Live bool
}

// ErrNoGrant says that the service has nothing of this person.
var ErrNoGrant = errors.New("oidcop: no such grant")

type grantRow struct {
	ClientID   string     `db:"client_id"`
	Name       string     `db:"name"`
	NameEN     string     `db:"name_en"`
	Purpose    string     `db:"purpose"`
	PurposeEN  string     `db:"purpose_en"`
	FirstParty bool       `db:"first_party"`
	Scopes     string     `db:"scopes"`
	First      time.Time  `db:"first_at"`
	Last       time.Time  `db:"last_at"`
	Agreed     *time.Time `db:"agreed_at"`
	Live       bool       `db:"live"`
}

// ListGrants returns the services that have received data of an account, the
// latest first.
func (p *Provider) ListGrants(ctx context.Context, account string) ([]Grant, error) {
	rows, err := db.Select[grantRow](ctx, p.DB, `SELECT g.client_id, c.name, c.name_en, c.purpose, c.purpose_en, c.first_party, g.scopes, g.first_at, g.last_at, g.agreed_at,
			EXISTS (SELECT 1 FROM access_token t JOIN browser_session s ON s.id = t.session_id
				WHERE t.account_id = g.account_id AND t.client_id = g.client_id AND t.revoked_at IS NULL AND s.revoked_at IS NULL AND s.idle_until > $2) AS live
		FROM client_grant g JOIN client c ON c.id = g.client_id WHERE g.account_id = $1 ORDER BY g.last_at DESC, g.client_id`, account, p.Clock.Now())
	if err != nil {
		return nil, err
	}
	out := make([]Grant, len(rows))
	for i, r := range rows {
		out[i] = Grant{ClientID: r.ClientID, Name: r.Name, NameEN: r.NameEN, Purpose: r.Purpose, PurposeEN: r.PurposeEN, FirstParty: r.FirstParty,
			Scopes: strings.Fields(r.Scopes), First: r.First, Last: r.Last, Agreed: r.Agreed, Live: r.Live}
	}
	return out, nil
}

// RevokeGrant takes back what a service may know of an account: its tokens
// end, the agreement is forgotten, and the service is told as of a sign-out.
// Whoever is signed in at the provider stays so. It errs with ErrNoGrant.
func (p *Provider) RevokeGrant(ctx context.Context, by audit.Ref, account, client string) error {
	if !storable(client) {
		return ErrNoGrant
	}
	return p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, `DELETE FROM client_grant WHERE account_id = $1 AND client_id = $2`, account, client)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNoGrant
		}
		now := p.Clock.Now()
		if _, err := db.Exec(ctx, tx, `UPDATE auth_request SET revoked_at = $1 WHERE account_id = $2 AND client_id = $3 AND revoked_at IS NULL`, now, account, client); err != nil {
			return err
		}
		sessions, err := db.Select[session.Ended](ctx, tx, `UPDATE access_token SET revoked_at = COALESCE(revoked_at, $1)
			WHERE account_id = $2 AND client_id = $3 RETURNING session_id AS id, '' AS site, account_id AS subject`, now, account, client)
		if err != nil {
			return err
		}
		slices.SortFunc(sessions, func(a, b session.Ended) int { return strings.Compare(a.ID, b.ID) })
		for _, s := range slices.CompactFunc(sessions, func(a, b session.Ended) bool { return a.ID == b.ID }) {
			if err := p.tellService(ctx, tx, s, client, CauseRevoked); err != nil {
				return err
			}
		}
		return p.Audit.Append(ctx, tx, audit.Event{Action: "client.grant_revoke", Actor: by, Outcome: audit.OK,
			Target: audit.Ref{Kind: identity.RefAccount, ID: account}, Detail: map[string]string{"client": client}})
	})
}

// tellService queues a notice that a session is over for one service, if the
// service wants to be told. One that was told before and has got tokens since
// is told again.
func (p *Provider) tellService(ctx context.Context, tx *db.Tx, e session.Ended, client, cause string) error {
	id, err := db.Get[string](ctx, tx, `INSERT INTO logout_delivery (id, session_id, client_id, account_id, cause, state, attempts, last_error, created_at, next_try_at)
		SELECT $1, $2, c.id, $3, $4, $5, 0, '', $6, $6 FROM client c WHERE c.id = $7 AND c.backchannel_logout_uri <> '' AND c.removed_at IS NULL
		ON CONFLICT (session_id, client_id) DO UPDATE SET state = EXCLUDED.state, cause = EXCLUDED.cause, attempts = 0, last_error = '',
			created_at = EXCLUDED.created_at, next_try_at = EXCLUDED.next_try_at, ended_at = NULL WHERE logout_delivery.state <> EXCLUDED.state
		RETURNING id`, db.NewID(), e.ID, e.Subject, cause, LogoutWaiting, p.Clock.Now(), client)
	if errors.Is(err, db.ErrNotFound) {
		return nil // not to be told, or waiting to be
	}
	if err != nil {
		return err
	}
	return p.Jobs.Enqueue(ctx, tx, logoutArgs{ID: id})
}
