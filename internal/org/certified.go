package org

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strconv"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/vn"
)

const (
	// MaxNumbers bounds the lines of one import: more officers than a
	// province has. maxNumbersBytes bounds its file.
	MaxNumbers      = 5000
	maxNumbersBytes = 1 << 20
)

var (
	ErrListTooLong    = errors.New("org: too many lines")
	ErrListUnreadable = errors.New("org: not a list of username,number")
)

// A RowOutcome says what became of a line of the list of numbers.
type RowOutcome string

// What becomes of a line. The first four are taken over.
const (
	RowAdded      RowOutcome = "added"
	RowChanged    RowOutcome = "changed"
	RowSame       RowOutcome = "same"
	RowOtherTyped RowOutcome = "other_typed" // the officer's page holds another number
	RowNoOfficer  RowOutcome = "no_officer"
	RowBadNumber  RowOutcome = "bad_number"
	RowMalformed  RowOutcome = "malformed" // not two columns
	RowTwice      RowOutcome = "twice"     // officer or number stands earlier in the file
	RowHeld       RowOutcome = "held"      // the list has the number for somebody else
)

// A RowResult is a line of an import.
type RowResult struct {
	Line     int
	Username string
	Tail     string // masked end of the number
	Outcome  RowOutcome
}

// numberRow is a line that can be read.
type numberRow struct {
	result *RowResult
	number string
}

// ImportNumbers takes the list of who holds which number in the certification
// system: CSV of username and number, with comma, semicolon or tab, with or
// without a head line. Good lines count even when others are bad. It errs with
// ErrNotAllowed, ErrListTooLong or ErrListUnreadable.
func (s *Service) ImportNumbers(ctx context.Context, by Visit, r io.Reader) ([]RowResult, error) {
	if ok, err := s.May(ctx, by.Post, RightNumbers, Thing{}); err != nil || !ok {
		return nil, errors.Join(err, notAllowed(ok))
	}
	results, rows, err := readNumbers(r)
	if err != nil {
		return nil, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		for _, row := range rows {
			row.result.Outcome = ""
		}
		return s.takeNumbers(ctx, tx, by.Officer.ID, rows)
	})
	if err != nil {
		return nil, err
	}
	out := make([]RowResult, len(results))
	for i, r := range results {
		out[i] = *r
	}
	return out, nil
}

// readNumbers judges each line as far as the file alone tells.
func readNumbers(r io.Reader) (results []*RowResult, rows []numberRow, err error) {
	limited := &io.LimitedReader{R: r, N: maxNumbersBytes + 1}
	b := bufio.NewReader(limited)
	if mark, _ := b.Peek(3); string(mark) == "\ufeff" {
		_, _ = b.Discard(3)
	}
	head, _ := b.Peek(1024)
	c := csv.NewReader(b)
	c.FieldsPerRecord = -1
	c.LazyQuotes = true
	c.Comma = separator(string(head))
	officers, numbers := map[string]bool{}, map[string]bool{}
	for first := true; ; first = false {
		record, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			if len(results) == 0 {
				return nil, nil, ErrListUnreadable
			}
			return results, rows, nil
		case limited.N <= 0:
			return nil, nil, ErrListTooLong
		case err != nil:
			return nil, nil, errors.Join(ErrListUnreadable, err)
		}
		if first && isHead(record) {
			continue
		}
		if len(results) == MaxNumbers {
			return nil, nil, ErrListTooLong
		}
		line, _ := c.FieldPos(0)
		result := &RowResult{Line: line}
		results = append(results, result)
		number := result.read(record)
		switch {
		case result.Outcome != "":
		case officers[result.Username] || numbers[number]:
			result.Outcome = RowTwice
		default:
			officers[result.Username], numbers[number] = true, true
			rows = append(rows, numberRow{result, number})
		}
	}
}

// separator is what stands most in the first lines: spreadsheets of Vietnamese
// settings write semicolons.
func separator(head string) rune {
	best := ','
	for _, r := range ";\t" {
		if strings.Count(head, string(r)) > strings.Count(head, string(best)) {
			best = r
		}
	}
	return best
}

// isHead reports a first line without any digits where numbers would be.
func isHead(record []string) bool {
	return len(record) == 2 && !strings.ContainsAny(record[1], "0123456789")
}

// read takes a line apart; r.Outcome is set when it is no use.
func (r *RowResult) read(record []string) (number string) {
	if len(record) != 2 {
		r.Outcome = RowMalformed
		return ""
	}
	username, err := NormalUsername(record[0])
	if err != nil {
		r.Username, r.Outcome = cut(strings.ToValidUTF8(record[0], "\ufffd")), RowNoOfficer
		return ""
	}
	r.Username = username
	n, err := vn.ParseIdentityNumber(record[1])
	if err != nil {
		r.Outcome = RowBadNumber
		return ""
	}
	r.Tail = vn.MaskNumber(n.Digits())
	return n.Digits()
}

// cut shortens what nobody needs to see whole.
func cut(s string) string {
	if r := []rune(s); len(r) > MaxUsername {
		return string(r[:MaxUsername]) + "…"
	}
	return s
}

type listedOfficer struct {
	ID       string  `db:"id"`
	Username string  `db:"username"`
	Typed    *string `db:"typed"`
	Listed   *string `db:"listed"`
}

func (s *Service) takeNumbers(ctx context.Context, tx *db.Tx, by string, rows []numberRow) error {
	all, err := db.Select[listedOfficer](ctx, tx, `SELECT o.id, o.username, o.number AS typed, c.number AS listed
		FROM officer o LEFT JOIN certified_number c ON c.officer_id = o.id`)
	if err != nil {
		return err
	}
	officers, holder := map[string]listedOfficer{}, map[string]string{}
	for _, o := range all {
		officers[o.Username] = o
		if o.Listed != nil {
			holder[*o.Listed] = o.ID
		}
	}
	counts := map[RowOutcome]int{}
	for _, row := range rows {
		o, known := officers[row.result.Username]
		if !known {
			row.result.Outcome = RowNoOfficer
		} else if row.result.Outcome, err = s.takeNumber(ctx, tx, by, o, row.number, holder); err != nil {
			return err
		}
		counts[row.result.Outcome]++
	}
	detail := map[string]string{"lines": strconv.Itoa(len(rows))}
	for outcome, n := range counts {
		detail[string(outcome)] = strconv.Itoa(n)
	}
	return s.audit.Append(ctx, tx, audit.Event{Action: "number.import", Actor: ref(by), Outcome: audit.OK, Detail: detail})
}

func (s *Service) takeNumber(ctx context.Context, tx *db.Tx, by string, o listedOfficer, number string, holder map[string]string) (RowOutcome, error) {
	if id, held := holder[number]; held && id != o.ID {
		return RowHeld, nil
	}
	outcome := RowAdded
	before := ""
	if o.Listed != nil {
		outcome, before = RowChanged, vn.MaskNumber(*o.Listed)
		if *o.Listed == number {
			outcome = RowSame
		}
		delete(holder, *o.Listed)
	}
	holder[number] = o.ID
	if outcome != RowSame {
		_, err := db.Exec(ctx, tx, `INSERT INTO certified_number (officer_id, number, by_id, at) VALUES ($1,$2,$3,$4)
			ON CONFLICT (officer_id) DO UPDATE SET number = EXCLUDED.number, by_id = EXCLUDED.by_id, at = EXCLUDED.at`, o.ID, number, by, s.clk.Now())
		if err != nil {
			return "", err
		}
		err = s.audit.Append(ctx, tx, audit.Event{Action: "officer.certified_number", Actor: ref(by), Target: ref(o.ID), Outcome: audit.OK,
			Detail: map[string]string{"number_before": before, "number_after": vn.MaskNumber(number)}})
		if err != nil {
			return "", err
		}
	}
	if o.Typed != nil && *o.Typed != number {
		return RowOtherTyped, nil
	}
	return outcome, nil
}

// listing is what the list says about an officer and a number.
type listing struct {
	mine        string // the number it names for the officer, ""
	heldByOther bool   // it names the number for somebody else
}

func (s *Service) listed(ctx context.Context, q db.Querier, officerID, number string) (listing, error) {
	rows, err := db.Select[struct {
		OfficerID string `db:"officer_id"`
		Number    string `db:"number"`
	}](ctx, q, `SELECT officer_id, number FROM certified_number WHERE officer_id = $1 OR number = $2`, officerID, number)
	var l listing
	for _, r := range rows {
		if r.OfficerID == officerID {
			l.mine = r.Number
		} else if r.Number == number {
			l.heldByOther = true
		}
	}
	return l, err
}
