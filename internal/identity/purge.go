package identity

import (
	"context"
	"time"

	"motcua/internal/db"
)

// How long ended rows stay; the migration states the same.
const (
	keepAttempts    = 48 * time.Hour
	keepSignIns     = 30 * 24 * time.Hour
	keepPhones      = 400 * 24 * time.Hour
	keepActivations = 7 * 24 * time.Hour
)

// Purge deletes what has expired. It runs hourly.
func (s *Service) Purge(ctx context.Context) error {
	now := s.now()
	for _, p := range []struct {
		sql    string
		before time.Time
	}{
		{`DELETE FROM otp_code WHERE attempt_id IN (SELECT id FROM otp_attempt WHERE created_at < $1)`, now.Add(-keepAttempts)},
		{`DELETE FROM otp_attempt WHERE created_at < $1 AND NOT EXISTS (SELECT 1 FROM otp_code c WHERE c.attempt_id = otp_attempt.id)`, now.Add(-keepAttempts)},
		{`DELETE FROM activation WHERE expires_at < $1 OR used_at < $1`, now.Add(-keepActivations)},
		{`DELETE FROM recovery_letter WHERE expires_at < $1 OR used_at < $1`, now.Add(-keepActivations)},
		{`DELETE FROM account_errand WHERE created_at < $1`, now.Add(-keepAttempts)},
		{`DELETE FROM app_entry WHERE created_at < $1`, now.Add(-keepAttempts)},
		{`DELETE FROM app_session WHERE created_at < $1`, now.Add(-keepAttempts)},
		{`DELETE FROM phone_challenge WHERE used_at < $1`, now.Add(-2 * challengeLife)},
		{`DELETE FROM phone_wait WHERE until < $1`, now.Add(-keepSignIns)},
		{`DELETE FROM qr_attempt WHERE created_at < $1 AND session_id IS NULL`, now.Add(-keepAttempts)},
		{`DELETE FROM qr_attempt WHERE created_at < $1`, now.Add(-keepSignIns)},
		{`DELETE FROM account_block WHERE until < $1`, now},
		{`DELETE FROM phone WHERE ended_at < $1`, now.Add(-keepPhones)},
		{`DELETE FROM account_import_part WHERE import_id IN (SELECT id FROM account_import WHERE expires_at <= $1)`, now},
		{`DELETE FROM account_import WHERE expires_at <= $1 AND NOT EXISTS (SELECT 1 FROM account_import_part p WHERE p.import_id = account_import.id)`, now},
		{`UPDATE account_request SET state = 'expired', data = NULL WHERE state = 'pending' AND expires_at <= $1`, now},
		{`DELETE FROM account_request WHERE requested_at < $1`, now.Add(-keepRequests)},
		{`DELETE FROM known_device WHERE last_used_at < $1`, now.Add(-deviceLife)},
	} {
		if _, err := db.Exec(ctx, s.DB, p.sql, p.before); err != nil {
			return err
		}
	}
	return s.throttle.Purge(ctx)
}
