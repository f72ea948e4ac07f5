package audit

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"motcua/internal/db"
)

const (
	// batchSize bounds a batch, and with it how long the writer is held.
	batchSize = 500
	// maxSealRound bounds the batches of one call of Seal: half a million
	// records, hours of the heaviest use.
	maxSealRound = 1000
)

// head is the single row of audit_head.
type head struct {
	N        int64  `db:"n"`
	Hash     string `db:"hash"`
	Base     int64  `db:"base"`
	BaseHash string `db:"base_hash"`
	SealedMS int64  `db:"sealed_ms"`
	Seal     string `db:"seal"`
}

// batch is a row of audit_batch.
type batch struct {
	N          int64  `db:"n"`
	SealedMS   int64  `db:"sealed_ms"`
	Records    int    `db:"records"`
	Leaves     string `db:"leaves"`
	LeavesHash string `db:"leaves_hash"`
	Prev       string `db:"prev"`
	Hash       string `db:"hash"`
}

// digestOf is SHA-256 over a tag and fields, each preceded by its length, so
// that no two lists of fields read alike.
func digestOf(tag string, fields ...string) []byte {
	h := sha256.New()
	var n [4]byte
	for _, f := range append([]string{tag}, fields...) {
		binary.BigEndian.PutUint32(n[:], uint32(len(f)))
		h.Write(n[:])
		h.Write([]byte(f))
	}
	return h.Sum(nil)
}

func num(n int64) string { return strconv.FormatInt(n, 10) }

// leaf is the line of a record in its batch.
func (r *Record) leaf() string {
	d := digestOf("record", r.ID, num(r.At.UnixMilli()), r.Action, r.ActorKind, r.ActorID, r.TargetKind, r.TargetID,
		string(r.Outcome), r.Reason, r.Detail, r.Site, r.RequestID, r.Source, r.Destination, r.Device, r.Process)
	return r.ID + " " + base64.RawURLEncoding.EncodeToString(d) + "\n"
}

func (l *Log) sign(digest []byte) string {
	if l.mac != nil {
		digest = l.mac(digest)
	}
	return hex.EncodeToString(digest)
}

func (l *Log) hashBatch(b batch) string {
	return l.sign(digestOf("batch", num(b.N), num(b.SealedMS), num(int64(b.Records)), b.LeavesHash, b.Prev))
}

func (l *Log) sealHead(h head) string {
	return l.sign(digestOf("head", num(h.N), h.Hash, num(h.Base), h.BaseHash, num(h.SealedMS)))
}

func hashLeaves(leaves string) string { return hex.EncodeToString(digestOf("leaves", leaves)) }

const selectHead = `SELECT n, hash, base, base_hash, sealed_ms, seal FROM audit_head WHERE id = 1`

// Seal gathers all committed records that are in no batch yet. Several
// processes may call it at once. It is to be called at least every 5 s.
func (l *Log) Seal(ctx context.Context) error {
	for range maxSealRound {
		_, err := db.Get[string](ctx, l.db, `SELECT id FROM audit_record WHERE batch IS NULL LIMIT 1`)
		if errors.Is(err, db.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("audit: seal: %w", err)
		}
		more := false
		err = l.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			var err error
			more, err = l.sealBatch(ctx, tx)
			return err
		})
		if err != nil {
			return fmt.Errorf("audit: seal: %w", err)
		}
		if !more {
			return nil
		}
	}
	return nil
}

// sealBatch holds the head's row until the commit, so that the next batch
// sees these records sealed. The rows are updated by their ids: a condition on
// a range of ids would also catch what another transaction commits meanwhile.
func (l *Log) sealBatch(ctx context.Context, tx *db.Tx) (more bool, err error) {
	h, err := db.Get[head](ctx, tx, selectHead+tx.Dialect().ForUpdate())
	if err != nil {
		return false, err
	}
	records, err := db.Select[Record](ctx, tx,
		`SELECT `+columns+` FROM audit_record WHERE batch IS NULL ORDER BY id LIMIT $1`, batchSize)
	if err != nil || len(records) == 0 {
		return false, err
	}
	var leaves strings.Builder
	args := []any{h.N + 1}
	for i := range records {
		leaves.WriteString(records[i].leaf())
		args = append(args, records[i].ID)
	}
	b := batch{
		N: h.N + 1, Records: len(records), Leaves: leaves.String(), LeavesHash: hashLeaves(leaves.String()), Prev: h.Hash,
		// Never backwards: the purge goes by it.
		SealedMS: max(h.SealedMS, l.clk.Now().UnixMilli()),
	}
	b.Hash = l.hashBatch(b)
	if _, err := db.Exec(ctx, tx, `
		INSERT INTO audit_batch (n, sealed_ms, records, leaves, leaves_hash, prev, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		b.N, b.SealedMS, b.Records, b.Leaves, b.LeavesHash, b.Prev, b.Hash); err != nil {
		return false, err
	}
	in := list(&args)
	n, err := db.Exec(ctx, tx, `UPDATE audit_record SET batch = $1 WHERE batch IS NULL AND id IN (`+in+`)`, args...)
	if err != nil {
		return false, err
	}
	if n != int64(len(records)) {
		return false, fmt.Errorf("%w: %d of %d records of batch %d", db.ErrConflict, n, len(records), b.N)
	}
	h.N, h.Hash, h.SealedMS = b.N, b.Hash, b.SealedMS
	if _, err := db.Exec(ctx, tx, `UPDATE audit_head SET n = $1, hash = $2, sealed_ms = $3, seal = $4 WHERE id = 1`,
		h.N, h.Hash, h.SealedMS, l.sealHead(h)); err != nil {
		return false, err
	}
	return len(records) == batchSize, nil
}

// list returns the placeholders $2… for all args but the first. The last is
// repeated until their number is a power of two, so that batches of all sizes
// share ten prepared statements.
func list(args *[]any) string {
	n := 1
	for n < len(*args)-1 {
		n *= 2
	}
	last := (*args)[len(*args)-1]
	for len(*args)-1 < n {
		*args = append(*args, last)
	}
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("$" + strconv.Itoa(i+2))
	}
	return b.String()
}
