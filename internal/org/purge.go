package org

import (
	"context"
	"time"

	"motcua/internal/db"
)

// keepEnded is how long ended steps and visits stay; no session lives longer.
// The migration states the same.
const keepEnded = 24 * time.Hour

// Purge deletes what has expired. It runs hourly.
func (s *Service) Purge(ctx context.Context) error {
	now := s.clk.Now()
	for _, p := range []struct {
		sql    string
		before time.Time
	}{
		{`DELETE FROM officer_step WHERE created_at < $1`, now.Add(-keepEnded)},
		{`DELETE FROM office_visit WHERE created_at < $1`, now.Add(-keepEnded)},
		{`DELETE FROM kept_form WHERE expires_at < $1`, now},
		{`DELETE FROM officer_device WHERE last_used_at < $1`, now.Add(-deviceLife)},
	} {
		if _, err := db.Exec(ctx, s.db, p.sql, p.before); err != nil {
			return err
		}
	}
	return s.throttle.Purge(ctx)
}
