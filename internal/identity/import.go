package identity

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/db"
)

const (
	// MaxImport bounds the accounts of one Import, which is one transaction.
	MaxImport = 2000
	// rowsAtOnce is how many accounts one statement writes. The SQLite driver
	// looks each parameter up by its name: twice as many cost four times.
	rowsAtOnce = 20
)

// Import writes many new accounts at once and one audit record for them all.
// Accounts whose number is taken are left as they are.
func (s *Service) Import(ctx context.Context, by audit.Ref, accounts []Account) error {
	if len(accounts) == 0 {
		return nil
	}
	if len(accounts) > MaxImport {
		return fmt.Errorf("identity: %d accounts at once, at most %d", len(accounts), MaxImport)
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var written int64
		for rows := range slices.Chunk(accounts, rowsAtOnce) {
			text, args := s.importRows(rows)
			n, err := db.Exec(ctx, tx, text, args...)
			if err != nil {
				return err
			}
			written += n
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.import", Actor: by, Outcome: audit.OK,
			Detail: map[string]string{"accounts": fmt.Sprint(written)}})
	})
}

func (s *Service) importRows(accounts []Account) (text string, args []any) {
	now := s.now()
	var b strings.Builder
	b.WriteString(`INSERT INTO account (` + accountColumns + `, folded) VALUES `)
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
		if i > 0 {
			b.WriteByte(',')
		}
		if a.ID == "" {
			a.ID = db.NewID()
		}
		row := []any{a.ID, a.Number, a.Name, a.BirthDate, a.Sex, a.Phone, a.Level, a.Kind, a.Status,
			a.PasswordHash, a.PasswordSetAt, now, now, 1, folded(a.Name)}
		for j := range row {
			b.WriteByte("(,"[min(j, 1)])
			fmt.Fprintf(&b, "$%d", len(args)+j+1)
		}
		b.WriteByte(')')
		args = append(args, row...)
	}
	b.WriteString(` ON CONFLICT (number) DO NOTHING`)
	return b.String(), args
}
