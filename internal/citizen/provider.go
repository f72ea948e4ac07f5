package citizen

import (
	"context"
	"errors"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// EndByProvider ends what the provider says has ended: the sessions behind
// which its session stands, or without one all of the person's. What is over
// already, or was never here, is no error.
func (s *Service) EndByProvider(ctx context.Context, tx *db.Tx, issuer, subject, sid string) error {
	id := ""
	if subject != "" {
		var err error
		id, err = db.Get[string](ctx, tx, `SELECT id FROM citizen WHERE issuer = $1 AND subject = $2`, issuer, subject)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	var n int
	var err error
	if sid != "" {
		n, err = s.Sessions.RevokeAt(ctx, tx, site, sid, id, "provider")
	} else {
		n, err = s.Sessions.RevokeProvided(ctx, tx, site, id, "provider")
	}
	if err != nil || n == 0 {
		return err
	}
	e := audit.Event{Action: "citizen.sign_out", Actor: audit.System, Outcome: audit.OK, Reason: "provider", Detail: map[string]string{"issuer": issuer}}
	if id != "" {
		e.Target = ref(id)
	}
	return s.Audit.Append(ctx, tx, e)
}
