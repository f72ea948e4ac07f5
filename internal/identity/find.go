package identity

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/vn"
)

const (
	// FoundPage is how many accounts a page of SearchAccounts holds.
	FoundPage = 30
	// maxQuery and maxQueryWords bound a search by name.
	maxQuery      = 100
	maxQueryWords = 6
	// foldBatch bounds how many search texts are made at once.
	foldBatch = 500
)

// folded is the text in which a search looks.
func folded(name string) string { return strings.ReplaceAll(vn.Fold(name), "’", "'") }

// ErrQueryShort says that a search by name has too few letters: nobody leafs
// through everybody.
var ErrQueryShort = errors.New("identity: two letters at least")

// A FoundAccounts is one page of SearchAccounts.
type FoundAccounts struct {
	Accounts []Account
	Next     string // id to go on after; "" at the end
}

// SearchAccounts finds accounts whose names have all words of the query,
// without regard to case and diacritics, by name, FoundPage at a time. That it
// was asked is recorded. It errs with ErrQueryShort.
func (s *Service) SearchAccounts(ctx context.Context, c Clerk, query, after string) (f FoundAccounts, err error) {
	words := queryWords(query)
	if len(strings.Join(words, "")) < 2 {
		return f, ErrQueryShort
	}
	if err := s.fold(ctx); err != nil {
		return f, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		text, args := `SELECT `+accountColumns+` FROM account WHERE TRUE`, []any(nil)
		bind := func(v any) string {
			args = append(args, v)
			return fmt.Sprintf("$%d", len(args))
		}
		for _, w := range words {
			text += ` AND folded LIKE ` + bind("%"+strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(w)+"%") + ` ESCAPE '!'`
		}
		if isID(after) {
			last, err := db.Get[string](ctx, tx, `SELECT folded FROM account WHERE id = $1`, after)
			if err != nil && !isNotFound(err) {
				return err
			}
			text += ` AND (folded, id) > (` + bind(last) + `, ` + bind(after) + `)`
		}
		f.Accounts, err = db.Select[Account](ctx, tx, text+` ORDER BY folded, id LIMIT `+bind(FoundPage+1), args...)
		if err != nil {
			return err
		}
		if len(f.Accounts) > FoundPage {
			f.Accounts = f.Accounts[:FoundPage]
			f.Next = f.Accounts[FoundPage-1].ID
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.search", Actor: c.By, Outcome: audit.OK,
			Detail: map[string]string{"by": "name", "count": strconv.Itoa(len(f.Accounts))}})
	})
	return f, err
}

// SearchNumber returns the id of the account with an identity number, 12
// digits. That it was asked is recorded, with what it found. It errs with
// ErrNoAccount.
func (s *Service) SearchNumber(ctx context.Context, c Clerk, number string) (id string, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		e := audit.Event{Action: "account.search", Actor: c.By, Outcome: audit.OK, Detail: map[string]string{"by": "number", "count": "1"}}
		a, err := s.Find(ctx, tx, number)
		switch {
		case errors.Is(err, ErrNoAccount):
			e.Detail["count"] = "0"
		case err != nil:
			return err
		default:
			id, e.Target = a.ID, ref(a.ID)
		}
		return s.Audit.Append(ctx, tx, e)
	})
	if err == nil && id == "" {
		err = ErrNoAccount
	}
	return id, err
}

func queryWords(query string) []string {
	if r := []rune(query); len(r) > maxQuery {
		query = string(r[:maxQuery])
	}
	words := strings.Fields(folded(strings.ToValidUTF8(strings.ReplaceAll(query, "\x00", " "), " ")))
	return words[:min(len(words), maxQueryWords)]
}

// fold makes the search text of accounts that have none: those made by an
// older program.
func (s *Service) fold(ctx context.Context) error {
	type named struct {
		ID   string `db:"id"`
		Name string `db:"name"`
	}
	for {
		rows, err := db.Select[named](ctx, s.DB, `SELECT id, name FROM account WHERE folded = '' AND name <> '' LIMIT $1`, foldBatch)
		if err != nil || len(rows) == 0 {
			return err
		}
		err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			for _, r := range rows {
				text := folded(r.Name)
				if text == "" {
					text = " " // marks alone: found by nothing, looked at once
				}
				if _, err := db.Exec(ctx, tx, `UPDATE account SET folded = $2 WHERE id = $1`, r.ID, text); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
