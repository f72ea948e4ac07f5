package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/xlsx"
)

const (
	// ImportLife is how long an uploaded spreadsheet waits, and its report can
	// be had.
	ImportLife = day
	// ImportPart is how many rows lie together: a page of the preview, and a
	// heap of letters.
	ImportPart = 100
	// maxFileName bounds what is kept of a file's name, in characters.
	maxFileName = 80
	importBox   = "account.import"
	// refImport is the kind of an import in audit records.
	refImport = "account_import"
	// importLevel is the level of imported accounts: level 2 takes two
	// officers and the person.
	importLevel = levelPartial
)

// States of an import.
const (
	importStaged  = "staged"
	importApplied = "applied"
)

var (
	// ErrNoImport says that there is no such import of this officer's, or that
	// its time is over.
	ErrNoImport = errors.New("identity: no such import")
	// ErrImportOver says that the import has been done.
	ErrImportOver = errors.New("identity: the import is done")
)

// An Import is a spreadsheet on its way to accounts.
type Import struct {
	ID        string     `db:"id"`
	File      string     `db:"file"`
	State     string     `db:"state"`
	Good      int        `db:"good"`
	Mended    int        `db:"mended"`
	Refused   int        `db:"refused"`
	Written   int        `db:"written"`
	Parts     int        `db:"parts"`
	ByID      string     `db:"by_id"`
	CreatedAt time.Time  `db:"created_at"`
	ExpiresAt time.Time  `db:"expires_at"`
	AppliedAt *time.Time `db:"applied_at"`
}

// Applied reports that the accounts are made.
func (i Import) Applied() bool { return i.State == importApplied }

const importColumns = `id, file, state, good, mended, refused, written, parts, by_id, created_at, expires_at, applied_at`

// StageImport judges a spreadsheet and keeps its rows, sealed, for a day: no
// account is made. Rows are kept with what is wrong first. It errs with a
// *MissingColumn.
func (s *Service) StageImport(ctx context.Context, c Clerk, file string, sheet xlsx.Sheet) (id string, err error) {
	at, err := columnsOf(sheet.Head)
	if err != nil {
		return "", err
	}
	rows := make([]SheetRow, len(sheet.Rows))
	seen := map[string]bool{}
	for i, row := range sheet.Rows {
		rows[i] = readRow(sheet, row, at, s.now())
		r := &rows[i]
		switch {
		case r.Number == "":
		case seen[r.Number]:
			r.fault(ColumnNumber, SheetTwice, r.Number, "")
		case c.mayTouch(r.Number) != nil:
			r.fault(ColumnNumber, SheetOwn, r.Number, "")
		}
		seen[r.Number] = true
	}
	if err := s.markTaken(ctx, rows); err != nil {
		return "", err
	}
	rank := func(r SheetRow) int {
		switch {
		case r.Refused():
			return 0
		case r.Mended():
			return 1
		}
		return 2
	}
	slices.SortStableFunc(rows, func(a, b SheetRow) int { return rank(a) - rank(b) })
	now := s.now()
	i := Import{ID: db.NewID(), File: cutRunes(strings.ToValidUTF8(strings.ReplaceAll(file, "\x00", ""), ""), maxFileName), State: importStaged,
		Parts: (len(rows) + ImportPart - 1) / ImportPart, ByID: c.By.ID, CreatedAt: now, ExpiresAt: now.Add(ImportLife)}
	for _, r := range rows {
		*[]*int{&i.Refused, &i.Mended, &i.Good}[rank(r)]++
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := db.Exec(ctx, tx, `INSERT INTO account_import (`+importColumns+`) VALUES ($1,$2,$3,$4,$5,$6,0,$7,$8,$9,$10,NULL)`,
			i.ID, i.File, i.State, i.Good, i.Mended, i.Refused, i.Parts, i.ByID, i.CreatedAt, i.ExpiresAt); err != nil {
			return err
		}
		part := 0
		for chunk := range slices.Chunk(rows, ImportPart) {
			sealed, err := s.sealPart(i.ID, part, chunk)
			if err != nil {
				return err
			}
			if _, err := db.Exec(ctx, tx, `INSERT INTO account_import_part (import_id, part, data) VALUES ($1,$2,$3)`, i.ID, part, sealed); err != nil {
				return err
			}
			part++
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.import_upload", Actor: c.By, Target: audit.Ref{Kind: refImport, ID: i.ID}, Outcome: audit.OK,
			Detail: map[string]string{"good": strconv.Itoa(i.Good), "mended": strconv.Itoa(i.Mended), "refused": strconv.Itoa(i.Refused)}})
	})
	return i.ID, err
}

func cutRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

// takenBatch is how many numbers one question asks about.
const takenBatch = 200

func (s *Service) markTaken(ctx context.Context, rows []SheetRow) error {
	at := map[string]int{}
	var numbers []string
	for i, r := range rows {
		if r.Number == "" {
			continue
		}
		if _, twice := at[r.Number]; !twice {
			at[r.Number] = i
			numbers = append(numbers, r.Number)
		}
	}
	for chunk := range slices.Chunk(numbers, takenBatch) {
		marks, args := make([]string, len(chunk)), make([]any, len(chunk))
		for i, n := range chunk {
			marks[i], args[i] = fmt.Sprintf("$%d", i+1), n
		}
		taken, err := db.Select[string](ctx, s.DB, `SELECT number FROM account WHERE number IN (`+strings.Join(marks, ",")+`)`, args...)
		if err != nil {
			return err
		}
		for _, n := range taken {
			rows[at[n]].fault(ColumnNumber, SheetTaken, n, "")
		}
	}
	return nil
}

func partBox(id string, part int) string { return id + "/" + strconv.Itoa(part) }

func (s *Service) sealPart(id string, part int, rows []SheetRow) (string, error) {
	plain, err := json.Marshal(rows)
	if err != nil {
		return "", err
	}
	return s.Box.Seal(importBox, partBox(id, part), plain)
}

func (s *Service) importPart(ctx context.Context, q db.Querier, id string, part int) (rows []SheetRow, err error) {
	sealed, err := db.Get[string](ctx, q, `SELECT data FROM account_import_part WHERE import_id = $1 AND part = $2`, id, part)
	if isNotFound(err) {
		return nil, ErrNoImport
	}
	if err != nil {
		return nil, err
	}
	plain, err := s.Box.Open(importBox, partBox(id, part), sealed)
	if err != nil {
		return nil, err
	}
	return rows, json.Unmarshal(plain, &rows)
}

func (s *Service) importOf(ctx context.Context, q db.Querier, c Clerk, id string) (Import, error) {
	if !isID(id) {
		return Import{}, ErrNoImport
	}
	i, err := db.Get[Import](ctx, q, `SELECT `+importColumns+` FROM account_import WHERE id = $1 AND by_id = $2 AND expires_at > $3`, id, c.By.ID, s.now())
	if isNotFound(err) {
		err = ErrNoImport
	}
	return i, err
}

// OpenImport returns an officer's own import and one part of its rows, from 0.
// It errs with ErrNoImport.
func (s *Service) OpenImport(ctx context.Context, c Clerk, id string, part int) (Import, []SheetRow, error) {
	i, err := s.importOf(ctx, s.DB, c, id)
	if err != nil {
		return Import{}, nil, err
	}
	rows, err := s.importPart(ctx, s.DB, id, part)
	return i, rows, err
}

// ImportRows returns all rows of an officer's own import, by line.
func (s *Service) ImportRows(ctx context.Context, c Clerk, id string) (Import, []SheetRow, error) {
	i, err := s.importOf(ctx, s.DB, c, id)
	if err != nil {
		return Import{}, nil, err
	}
	var all []SheetRow
	for part := range i.Parts {
		rows, err := s.importPart(ctx, s.DB, id, part)
		if err != nil {
			return Import{}, nil, err
		}
		all = append(all, rows...)
	}
	slices.SortFunc(all, func(a, b SheetRow) int { return a.Line - b.Line })
	return i, all, nil
}

// ApplyImport makes the accounts, of level 1 and without passwords, in one
// transaction; those with proposals only if mended says so. It errs with
// ErrNoImport or ErrImportOver.
func (s *Service) ApplyImport(ctx context.Context, c Clerk, id string, mended bool) (written int, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		written = 0
		i, err := s.importOf(ctx, tx, c, id)
		if err != nil {
			return err
		}
		n, err := db.Exec(ctx, tx, `UPDATE account_import SET state = $1, applied_at = $2 WHERE id = $3 AND state = $4`, importApplied, s.now(), id, importStaged)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrImportOver
		}
		for part := range i.Parts {
			rows, err := s.importPart(ctx, tx, id, part)
			if err != nil {
				return err
			}
			n, err := s.writeRows(ctx, tx, rows, mended)
			if err != nil {
				return err
			}
			written += n
			sealed, err := s.sealPart(id, part, rows)
			if err != nil {
				return err
			}
			if _, err := db.Exec(ctx, tx, `UPDATE account_import_part SET data = $1 WHERE import_id = $2 AND part = $3`, sealed, id, part); err != nil {
				return err
			}
		}
		if _, err := db.Exec(ctx, tx, `UPDATE account_import SET written = $1 WHERE id = $2`, written, id); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.import", Actor: c.By, Target: audit.Ref{Kind: refImport, ID: id}, Outcome: audit.OK,
			Detail: map[string]string{"accounts": strconv.Itoa(written), "mended": strconv.FormatBool(mended)}})
	})
	return written, err
}

// writeRows makes the accounts of one part and notes what became of each row.
func (s *Service) writeRows(ctx context.Context, tx *db.Tx, rows []SheetRow, mended bool) (written int, err error) {
	var accounts []Account
	for i := range rows {
		r := &rows[i]
		if r.Refused() || r.Mended() && !mended {
			r.Outcome = RowSkipped
			continue
		}
		r.AccountID, r.Outcome = db.NewID(), RowTaken
		accounts = append(accounts, Account{ID: r.AccountID, Number: r.Number, Name: r.Name, BirthDate: r.BirthDate, Sex: r.Sex, Phone: r.Phone, Level: importLevel})
	}
	made := map[string]bool{}
	for chunk := range slices.Chunk(accounts, rowsAtOnce) {
		text, args := s.importRows(chunk)
		ids, err := db.Select[string](ctx, tx, text+` RETURNING id`, args...)
		if err != nil {
			return 0, err
		}
		for _, id := range ids {
			made[id] = true
		}
	}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Outcome != RowTaken:
		case made[r.AccountID]:
			r.Outcome = RowWritten
		default:
			r.AccountID = ""
		}
	}
	return len(made), nil
}

// ImportLetters makes activation letters for the accounts of one part that
// have no password yet. Earlier letters of these accounts become void. It errs
// with ErrNoImport.
func (s *Service) ImportLetters(ctx context.Context, c Clerk, id string, part int) (letters []Letter, err error) {
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		letters = nil
		if _, err := s.importOf(ctx, tx, c, id); err != nil {
			return err
		}
		rows, err := s.importPart(ctx, tx, id, part)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Outcome != RowWritten {
				continue
			}
			a, err := s.lockRow(ctx, tx, c, r.AccountID)
			if err != nil {
				return err
			}
			if a.PasswordHash != nil || a.Status != StatusActive {
				continue
			}
			l := Letter{Number: a.Number, Name: a.Name, Until: s.now().Add(ActivationLife)}
			if l.Code, err = s.newActivation(ctx, tx, a.ID); err != nil {
				return err
			}
			letters = append(letters, l)
			if err := s.Audit.Append(ctx, tx, audit.Event{Action: "account.letter", Actor: c.By, Target: ref(a.ID), Outcome: audit.OK,
				Detail: map[string]string{"import_id": id}}); err != nil {
				return err
			}
		}
		return nil
	})
	return letters, err
}

// DropImport throws an officer's own spreadsheet away before its time. It errs
// with ErrNoImport.
func (s *Service) DropImport(ctx context.Context, c Clerk, id string) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := s.importOf(ctx, tx, c, id); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `DELETE FROM account_import_part WHERE import_id = $1`, id); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `DELETE FROM account_import WHERE id = $1`, id); err != nil {
			return err
		}
		return s.Audit.Append(ctx, tx, audit.Event{Action: "account.import_drop", Actor: c.By, Target: audit.Ref{Kind: refImport, ID: id}, Outcome: audit.OK})
	})
}
