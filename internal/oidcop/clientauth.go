package oidcop

import (
	"context"
	"crypto/subtle"
	"time"

	"motcua/internal/db"
)

type secretRow struct {
	ID     string     `db:"id"`
	Digest string     `db:"digest"`
	UsedAt *time.Time `db:"used_at"`
}

// secretMatches compares with each secret that the service has now. All are
// looked at, in constant time each.
func (p *Provider) secretMatches(ctx context.Context, c *Client, secret string) (bool, error) {
	given := []byte(sha256Hex(secret))
	if c.builtIn {
		return subtle.ConstantTimeCompare(given, []byte(c.secretDigest)) == 1, nil
	}
	rows, err := db.Select[secretRow](ctx, p.DB, `SELECT id, digest, used_at FROM client_secret WHERE client_id = $1`, c.ID)
	if err != nil {
		return false, err
	}
	var hit *secretRow
	for i := range rows {
		if subtle.ConstantTimeCompare(given, []byte(rows[i].Digest)) == 1 {
			hit = &rows[i]
		}
	}
	if hit == nil {
		return false, nil
	}
	// Written down once an hour: it tells whether the old secret is still used.
	if now := p.Clock.Now(); hit.UsedAt == nil || now.Sub(*hit.UsedAt) >= secretNoted {
		if _, err := db.Exec(ctx, p.DB, `UPDATE client_secret SET used_at = $1 WHERE id = $2`, now, hit.ID); err != nil {
			return false, err
		}
	}
	return true, nil
}
