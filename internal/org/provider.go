package org

import (
	"context"
	"errors"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// EndByProvider ends what the provider says has ended: sessions and pending
// sign-ins behind which its session stands, or without one all that came
// through it for the person. Those by the officer's own password stay. What is
// over already, or was never here, is no error.
func (s *Service) EndByProvider(ctx context.Context, tx *db.Tx, issuer, subject, sid string) error {
	officer := ""
	if sid == "" {
		var err error
		officer, err = db.Get[string](ctx, tx, `SELECT officer_id FROM officer_link WHERE issuer = $1 AND subject = $2`, issuer, subject)
		if err != nil && !errors.Is(err, db.ErrNotFound) {
			return err
		}
	}
	now := s.clk.Now()
	const end = `UPDATE officer_step SET ended_at = $1, totp_secret = NULL WHERE ended_at IS NULL AND issuer = $2 AND `
	var n int
	var err error
	if sid != "" {
		_, err = db.Exec(ctx, tx, end+`provider_sid = $3`, now, issuer, sid)
		if err == nil {
			n, err = s.sessions.RevokeAt(ctx, tx, Site, sid, "", "provider")
		}
	} else {
		_, err = db.Exec(ctx, tx, end+`subject = $3`, now, issuer, subject)
		if err == nil && officer != "" {
			n, err = s.sessions.RevokeProvided(ctx, tx, Site, officer, "provider")
		}
	}
	if err != nil || n == 0 {
		return err
	}
	e := audit.Event{Action: "officer.sign_out", Actor: audit.System, Outcome: audit.OK, Reason: "provider", Detail: map[string]string{"issuer": issuer}}
	if officer != "" {
		e.Target = ref(officer)
	}
	return s.audit.Append(ctx, tx, e)
}
