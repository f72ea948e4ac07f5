package secretbox

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

// Kinds of rows in secret_key.
const (
	kindData = "data"
	kindMAC  = "mac"
)

// The first keys have fixed ids, so that of two replicas that make them at
// once one wins: two MAC keys would make digests that never match.
const (
	firstData = "data-1"
	onlyMAC   = "mac-1"
)

type keyRow struct {
	ID        string    `db:"id"`
	Kind      string    `db:"kind"`
	Wrapped   string    `db:"wrapped"`
	CreatedAt time.Time `db:"created_at"`
}

// ring is the unwrapped keys as one Refresh found them. It doesn't change.
type ring struct {
	data   map[string]cipher.AEAD
	newest string
	mac    []byte
}

// Open returns the box of a database, making its first keys when it has none.
// It errs with ErrMasterWrong when the keys are wrapped by another master.
func Open(ctx context.Context, d *db.DB, master Master, clk clock.Clock) (*Box, error) {
	aead, err := newAEAD(master)
	if err != nil {
		return nil, err
	}
	b := &Box{db: d, clk: clk, master: aead}
	err = d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM secret_key`)
		if err != nil || n > 0 {
			return err
		}
		return errors.Join(b.add(ctx, tx, kindMAC, onlyMAC), b.add(ctx, tx, kindData, firstData))
	})
	if err != nil {
		return nil, fmt.Errorf("make first keys: %w", err)
	}
	return b, b.Refresh(ctx)
}

func (b *Box) add(ctx context.Context, tx *db.Tx, kind, id string) error {
	key := make([]byte, masterBytes)
	rand.Read(key)
	_, err := db.Exec(ctx, tx, `INSERT INTO secret_key (id, kind, wrapped, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`,
		id, kind, seal(b.master, bound(kind, id), key), b.clk.Now())
	return err
}

// Rotate adds a data key. After the next Refresh this process seals with it,
// and so do the others; what was sealed before stays readable.
func (b *Box) Rotate(ctx context.Context, tx *db.Tx) error {
	return b.add(ctx, tx, kindData, db.NewID())
}

// Refresh reads the keys again, to learn of another process' Rotate. On an
// error the box goes on with the keys it has.
func (b *Box) Refresh(ctx context.Context) error {
	b.reading.Lock()
	defer b.reading.Unlock()
	return b.refresh(ctx)
}

func (b *Box) refresh(ctx context.Context) error {
	rows, err := db.Select[keyRow](ctx, b.db, `SELECT id, kind, wrapped, created_at FROM secret_key ORDER BY created_at, id`)
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	keys := &ring{data: map[string]cipher.AEAD{}}
	for _, r := range rows {
		key, err := unwrap(b.master, r)
		if err != nil {
			return err
		}
		switch r.Kind {
		case kindMAC:
			keys.mac = key
		case kindData:
			aead, err := newAEAD(key)
			if err != nil {
				return err
			}
			keys.data[r.ID], keys.newest = aead, r.ID
		}
	}
	if keys.mac == nil || keys.newest == "" {
		return errors.New("secretbox: the database's keys are gone")
	}
	b.keys.Store(keys)
	return nil
}

// Rewrap wraps all keys with another master, in one transaction. It must run
// while no program uses the database; afterwards from opens nothing. It errs
// with ErrMasterWrong when from isn't the master of this database.
func Rewrap(ctx context.Context, d *db.DB, from, to Master) error {
	old, err := newAEAD(from)
	if err != nil {
		return err
	}
	next, err := newAEAD(to)
	if err != nil {
		return err
	}
	return d.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		rows, err := db.Select[keyRow](ctx, tx, `SELECT id, kind, wrapped, created_at FROM secret_key ORDER BY id`+tx.Dialect().ForUpdate())
		if err != nil {
			return err
		}
		for _, r := range rows {
			key, err := unwrap(old, r)
			if err != nil {
				return err
			}
			if _, err := db.Exec(ctx, tx, `UPDATE secret_key SET wrapped = $1 WHERE id = $2`, seal(next, bound(r.Kind, r.ID), key), r.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func unwrap(master cipher.AEAD, r keyRow) ([]byte, error) {
	key, ok := open(master, bound(r.Kind, r.ID), r.Wrapped)
	if !ok || len(key) != masterBytes {
		return nil, ErrMasterWrong
	}
	return key, nil
}
