package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"motcua/internal/db"
)

const (
	// maxRead bounds one page of Read.
	maxRead = 500
	// exportPage is how many records Export reads at once.
	exportPage = 500
)

// A Filter chooses records. Zero fields choose all.
type Filter struct {
	From, To time.Time // From ≤ at < To
	Actor    Ref       // Kind, ID or both
	Target   Ref
	Action   string   // exact
	Actions  []string // one of them; empty: any
	Outcome  Outcome
	// Before continues a list after its last record.
	Before *Cursor
	// Limit is the number of records, at most 500, which is also the default.
	Limit int
}

// A Cursor is the place of a record in a list.
type Cursor struct {
	At time.Time
	ID string
}

// Cursor returns the place of r.
func (r Record) Cursor() *Cursor { return &Cursor{r.At, r.ID} }

func (f Filter) where() (string, []any) {
	var conditions []string
	var args []any
	add := func(text string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			text = strings.Replace(text, "?", "$"+strconv.Itoa(len(args)), 1)
		}
		conditions = append(conditions, text)
	}
	if !f.From.IsZero() {
		add(`at >= ?`, f.From)
	}
	if !f.To.IsZero() {
		add(`at < ?`, f.To)
	}
	for _, c := range []struct{ column, value string }{
		{"actor_kind", f.Actor.Kind}, {"actor_id", f.Actor.ID},
		{"target_kind", f.Target.Kind}, {"target_id", f.Target.ID},
		{"action", f.Action}, {"outcome", string(f.Outcome)},
	} {
		if c.value != "" {
			add(c.column+` = ?`, c.value)
		}
	}
	if len(f.Actions) > 0 {
		values := make([]any, len(f.Actions))
		for i, a := range f.Actions {
			values[i] = a
		}
		add(`action IN (`+strings.TrimSuffix(strings.Repeat(`?,`, len(values)), ",")+`)`, values...)
	}
	if f.Before != nil {
		add(`(at, id) < (?, ?)`, f.Before.At, f.Before.ID)
	}
	if len(conditions) == 0 {
		return "", nil
	}
	return ` WHERE ` + strings.Join(conditions, ` AND `), args
}

// detail tells the log what was asked for.
func (f Filter) detail() map[string]string {
	d := map[string]string{}
	put := func(k, v string) {
		if v != "" {
			d[k] = v
		}
	}
	if !f.From.IsZero() {
		put("from", f.From.UTC().Format(time.RFC3339))
	}
	if !f.To.IsZero() {
		put("to", f.To.UTC().Format(time.RFC3339))
	}
	put("actor", strings.Trim(f.Actor.Kind+"/"+f.Actor.ID, "/"))
	put("target", strings.Trim(f.Target.Kind+"/"+f.Target.ID, "/"))
	put("action", f.Action)
	if len(f.Actions) > 0 {
		put("actions", strconv.Itoa(len(f.Actions)))
	}
	put("outcome", string(f.Outcome))
	return d
}

// logReading writes who reads, before anything is read: without the record
// there is no reading.
func (l *Log) logReading(ctx context.Context, action string, reader Ref, f Filter) error {
	if reader.Kind == "" {
		return errors.New("audit: somebody must be reading")
	}
	return l.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return l.Append(ctx, tx, Event{Action: action, Actor: reader, Outcome: OK, Detail: f.detail()})
	})
}

// Read returns the records that f chooses, newest first, and logs that reader
// has read them. It must not be called inside a transaction.
func (l *Log) Read(ctx context.Context, reader Ref, f Filter) ([]Record, error) {
	if err := l.logReading(ctx, "audit.read", reader, f); err != nil {
		return nil, err
	}
	return l.list(ctx, f)
}

func (l *Log) list(ctx context.Context, f Filter) ([]Record, error) {
	limit := f.Limit
	if limit <= 0 || limit > maxRead {
		limit = maxRead
	}
	where, args := f.where()
	args = append(args, limit)
	return db.Select[Record](ctx, l.db, `SELECT `+columns+` FROM audit_record`+where+
		` ORDER BY at DESC, id DESC LIMIT $`+strconv.Itoa(len(args)), args...)
}

// Export writes what f chooses, newest first and without a limit, to w as JSON
// lines, and logs that reader has it. The first line names the head of the
// chain at that moment.
func (l *Log) Export(ctx context.Context, reader Ref, f Filter, w io.Writer) error {
	if err := l.logReading(ctx, "audit.export", reader, f); err != nil {
		return err
	}
	anchor, err := l.Head(ctx)
	if err != nil {
		return fmt.Errorf("audit: export: %w", err)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(struct {
		ExportedAt time.Time `json:"exported_at"`
		Head       Anchor    `json:"head"`
	}{l.clk.Now(), anchor}); err != nil {
		return err
	}
	f.Limit = exportPage
	for {
		page, err := l.list(ctx, f)
		if err != nil {
			return fmt.Errorf("audit: export: %w", err)
		}
		for _, r := range page {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		if len(page) < exportPage {
			return nil
		}
		f.Before = page[len(page)-1].Cursor()
	}
}
