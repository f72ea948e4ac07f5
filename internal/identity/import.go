package identity

import (
	"context"
	"fmt"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/db"
)

// MaxImport bounds the accounts of one Import: 14 parameters each, of the
// 32,766 that SQLite takes in a statement.
const MaxImport = 2000

// Import writes many new accounts at once and one audit record for them all.
// Accounts whose number is taken are left as they are.
func (s *Service) Import(ctx context.Context, by audit.Ref, accounts []Account) error {
	if len(accounts) == 0 {
		return nil
	}
	if len(accounts) > MaxImport {
		return fmt.Errorf("identity: %d accounts at once, at most %d", len(accounts), MaxImport)
	}
	now := s.now()
	var b strings.Builder
	b.WriteString(`INSERT INTO account (` + accountColumns + `) VALUES `)
	args := make([]any, 0, 14*len(accounts))
	for i, a := range accounts {
		if a.Kind == "" {
			a.Kind = KindCitizen
		}
		if a.Status == "" {
			a.Status = StatusActive
		}
		if a.PasswordHash != nil {
			a.PasswordSetAt = &now
		}
		row := []any{db.NewID(), a.Number, a.Name, a.BirthDate, a.Sex, a.Phone, a.Level, a.Kind, a.Status,
			a.PasswordHash, a.PasswordSetAt, now, now, 1}
		if i > 0 {
			b.WriteByte(',')
		}
		for j := range row {
			b.WriteByte("(,"[min(j, 1)])
			fmt.Fprintf(&b, "$%d", len(args)+j+1)
		}
		b.WriteByte(')')
		args = append(args, row...)
	}
	b.WriteString(` ON CONFLICT (number) DO NOTHING`)
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Exec(ctx, tx, b.String(), args...)
		if err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.import", Actor: by, Outcome: audit.OK,
			Detail: map[string]string{"accounts": fmt.Sprint(n)}})
	})
}
