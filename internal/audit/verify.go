package audit

import (
	"context"
	"fmt"
	"strings"
	"time"

	"motcua/internal/db"
)

// verifyPage is how many batches are read at once.
const verifyPage = 20

// verifyTries bounds how often Verify starts again because a purge moved the
// beginning of the chain under it.
const verifyTries = 5

// An Anchor is a place in the chain that was noted outside the database: while
// the batch has this hash, everything up to it is as it was.
type Anchor struct {
	Batch int64  `json:"batch"`
	Hash  string `json:"hash"`
}

// A Break is the first place where the log isn't what was sealed.
type Break struct {
	Batch  int64  // 0: the head
	Record string // the record's id, or "" when it is the batch as a whole
	What   string // a code: record_changed, record_missing, record_added, batch_changed, batch_missing, batch_added, chain_broken, head_changed, anchor_differs
}

func (b *Break) String() string {
	s := fmt.Sprintf("batch %d: %s", b.Batch, b.What)
	if b.Record != "" {
		s = fmt.Sprintf("batch %d, record %s: %s", b.Batch, b.Record, b.What)
	}
	return s
}

// A Report tells what Verify found.
type Report struct {
	Broken   *Break // nil: all is as it was sealed
	First    int64  // the first batch still kept
	Batches  int64  // verified
	Records  int64  // verified
	Unsealed int64  // records after the last batch: nothing vouches for them yet
	Oldest   time.Time
	Head     Anchor // to be noted elsewhere
}

// Head returns the end of the sealed chain, to be noted outside the database.
func (l *Log) Head(ctx context.Context) (Anchor, error) {
	h, err := db.Get[head](ctx, l.db, selectHead)
	return Anchor{h.N, h.Hash}, err
}

// Verify reads the whole log and compares it with its seals, and with anchors
// noted earlier, those of purged batches aside. The error tells that it could
// not be read, not that it is broken. It may run beside Append, Seal and Purge.
func (l *Log) Verify(ctx context.Context, anchors ...Anchor) (Report, error) {
	for try := 1; ; try++ {
		h, err := db.Get[head](ctx, l.db, selectHead)
		if err != nil {
			return Report{}, fmt.Errorf("audit: verify: %w", err)
		}
		r, err := l.verify(ctx, h, anchors)
		if err != nil {
			return Report{}, fmt.Errorf("audit: verify: %w", err)
		}
		if r.Broken == nil || try == verifyTries {
			return r, nil
		}
		now, err := db.Get[head](ctx, l.db, selectHead)
		if err != nil {
			return Report{}, fmt.Errorf("audit: verify: %w", err)
		}
		if now.Base == h.Base {
			return r, nil
		}
	}
}

func (l *Log) verify(ctx context.Context, h head, anchors []Anchor) (Report, error) {
	r := Report{First: h.Base + 1, Head: Anchor{h.N, h.Hash}}
	broken := func(b Break) (Report, error) {
		r.Broken = &b
		return r, nil
	}
	noted := map[int64]string{}
	for _, a := range anchors {
		noted[a.Batch] = a.Hash
		if a.Batch > h.N {
			// Reported now: the chain may well be sound up to where it was cut.
			return broken(Break{Batch: a.Batch, What: "batch_missing"})
		}
	}
	// The row of a database in which nothing was sealed yet has no seal.
	if fresh := (h == head{}); !fresh && h.Seal != l.sealHead(h) {
		return broken(Break{What: "head_changed"})
	}
	prev := h.BaseHash
	for next := h.Base + 1; next <= h.N; {
		page, err := db.Select[batch](ctx, l.db, `
			SELECT n, sealed_ms, records, leaves, leaves_hash, prev, hash FROM audit_batch
			WHERE n >= $1 AND n <= $2 ORDER BY n LIMIT $3`, next, h.N, verifyPage)
		if err != nil {
			return r, err
		}
		if len(page) == 0 {
			return broken(Break{Batch: next, What: "batch_missing"})
		}
		for _, b := range page {
			switch {
			case b.N != next:
				return broken(Break{Batch: next, What: "batch_missing"})
			case b.Hash != l.hashBatch(b) || b.LeavesHash != hashLeaves(b.Leaves):
				return broken(Break{Batch: b.N, What: "batch_changed"})
			case b.Prev != prev:
				return broken(Break{Batch: b.N, What: "chain_broken"})
			}
			if hash, ok := noted[b.N]; ok && hash != b.Hash {
				return broken(Break{Batch: b.N, What: "anchor_differs"})
			}
			if br, err := l.verifyRecords(ctx, b); err != nil || br != nil {
				r.Broken = br
				return r, err
			}
			prev = b.Hash
			next++
			r.Batches++
			r.Records += int64(b.Records)
		}
	}
	if prev != h.Hash {
		return broken(Break{What: "head_changed"})
	}
	return l.verifyOutside(ctx, r)
}

// verifyRecords compares the records of a batch with its leaves.
func (l *Log) verifyRecords(ctx context.Context, b batch) (*Break, error) {
	records, err := db.Select[Record](ctx, l.db,
		`SELECT `+columns+` FROM audit_record WHERE batch = $1 ORDER BY id LIMIT $2`, b.N, 2*batchSize)
	if err != nil {
		return nil, err
	}
	have := make(map[string]string, len(records))
	for i := range records {
		have[records[i].ID] = records[i].leaf()
	}
	for leaf := range strings.Lines(b.Leaves) {
		id, _, _ := strings.Cut(leaf, " ")
		switch got, ok := have[id]; {
		case !ok:
			return &Break{b.N, id, "record_missing"}, nil
		case got != leaf:
			return &Break{b.N, id, "record_changed"}, nil
		}
		delete(have, id)
	}
	for _, r := range records {
		if _, ok := have[r.ID]; ok {
			return &Break{b.N, r.ID, "record_added"}, nil
		}
	}
	return nil, nil
}

// verifyOutside looks for what is beyond either end of the chain, and counts
// the unsealed tail. Each is one statement, so that a seal or a purge in
// between does not look like a break.
func (l *Log) verifyOutside(ctx context.Context, r Report) (Report, error) {
	type place struct {
		Batch int64  `db:"batch"`
		ID    string `db:"id"`
	}
	strays, err := db.Select[place](ctx, l.db, `
		SELECT r.batch, r.id FROM audit_record r, audit_head h
		WHERE r.batch > h.n OR r.batch <= h.base ORDER BY r.batch, r.id LIMIT 1`)
	if err != nil {
		return r, err
	}
	for _, s := range strays {
		r.Broken = &Break{s.Batch, s.ID, "record_added"}
		return r, nil
	}
	extra, err := db.Select[int64](ctx, l.db, `
		SELECT b.n FROM audit_batch b, audit_head h WHERE b.n > h.n OR b.n <= h.base ORDER BY b.n LIMIT 1`)
	if err != nil {
		return r, err
	}
	for _, n := range extra {
		r.Broken = &Break{n, "", "batch_added"}
		return r, nil
	}
	type tail struct {
		N      int64      `db:"n"`
		Oldest *time.Time `db:"oldest"`
	}
	t, err := db.Get[tail](ctx, l.db, `SELECT count(*) AS n, min(at) AS oldest FROM audit_record WHERE batch IS NULL`)
	if err != nil {
		return r, err
	}
	r.Unsealed = t.N
	if t.Oldest != nil {
		r.Oldest = *t.Oldest
	}
	return r, nil
}
