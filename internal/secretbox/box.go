package secretbox

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

// Kinds of rows in secret_key.
const (
	kindData = "data"
	kindMAC  = "mac"
)

// version begins every sealed value.
const version = "1"

// refreshEvery bounds how often a value of an unknown key makes the keys be
// read again.
const refreshEvery = 5 * time.Second

// ErrSealed is the one error for a value that does not open: wrong row, wrong
// purpose, changed, or sealed with a key that is gone.
var ErrSealed = errors.New("secretbox: value does not open")

type keyRow struct {
	ID        string    `db:"id"`
	Kind      string    `db:"kind"`
	Wrapped   string    `db:"wrapped"`
	CreatedAt time.Time `db:"created_at"`
}

// A Box seals and opens. It is safe for concurrent use.
type Box struct {
	db     *db.DB
	clk    clock.Clock
	master cipher.AEAD

	mu      sync.RWMutex
	data    map[string]cipher.AEAD
	newest  string
	mac     []byte
	checked time.Time
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
		for _, kind := range []string{kindMAC, kindData} {
			n, err := db.Get[int](ctx, tx, `SELECT count(*) FROM secret_key WHERE kind = $1`, kind)
			if err != nil {
				return err
			}
			if n > 0 {
				continue
			}
			if err := b.add(ctx, tx, kind); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b, b.Refresh(ctx)
}

func (b *Box) add(ctx context.Context, tx *db.Tx, kind string) error {
	key := make([]byte, masterBytes)
	rand.Read(key)
	id := db.NewID()
	_, err := db.Exec(ctx, tx, `INSERT INTO secret_key (id, kind, wrapped, created_at) VALUES ($1,$2,$3,$4)`,
		id, kind, wrap(b.master, id, kind, key), b.clk.Now())
	return err
}

// Rotate adds a data key; what is sealed from now on uses it, and what was
// sealed before stays readable. Other processes learn of it by Refresh.
func (b *Box) Rotate(ctx context.Context, tx *db.Tx) error { return b.add(ctx, tx, kindData) }

// Refresh reads the keys again.
func (b *Box) Refresh(ctx context.Context) error {
	rows, err := db.Select[keyRow](ctx, b.db, `SELECT id, kind, wrapped, created_at FROM secret_key ORDER BY created_at, id`)
	if err != nil {
		return err
	}
	data, newest := map[string]cipher.AEAD{}, ""
	var mac []byte
	for _, r := range rows {
		key, err := unwrap(b.master, r)
		if err != nil {
			return err
		}
		switch r.Kind {
		case kindMAC:
			// Two replicas that start at once may each add one: the first counts.
			if mac == nil {
				mac = key
			}
		case kindData:
			aead, err := newAEAD(key)
			if err != nil {
				return err
			}
			data[r.ID], newest = aead, r.ID
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data, b.newest, b.mac, b.checked = data, newest, mac, b.clk.Now()
	return nil
}

// Seal encrypts a value for the row and purpose.
func (b *Box) Seal(purpose, rowID string, plain []byte) (string, error) {
	b.mu.RLock()
	id, aead := b.newest, b.data[b.newest]
	b.mu.RUnlock()
	if aead == nil {
		return "", errors.New("secretbox: no data key")
	}
	nonce := make([]byte, aead.NonceSize())
	rand.Read(nonce)
	sealed := aead.Seal(nonce, nonce, plain, bound(purpose, rowID))
	return version + "." + id + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open decrypts what Seal made for the same row and purpose, or errs with
// ErrSealed.
func (b *Box) Open(purpose, rowID, sealed string) ([]byte, error) {
	parts := strings.Split(sealed, ".")
	if len(parts) != 3 || parts[0] != version {
		return nil, ErrSealed
	}
	aead := b.dataKey(parts[1])
	raw, err := base64.RawURLEncoding.DecodeString(parts[2])
	if aead == nil || err != nil || len(raw) < aead.NonceSize() {
		return nil, ErrSealed
	}
	plain, err := aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], bound(purpose, rowID))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// dataKey finds a key, reading the rows again when another process may have
// rotated.
func (b *Box) dataKey(id string) cipher.AEAD {
	b.mu.RLock()
	aead, checked := b.data[id], b.checked
	b.mu.RUnlock()
	if aead != nil || b.clk.Now().Sub(checked) < refreshEvery {
		return aead
	}
	ctx, cancel := context.WithTimeout(context.Background(), refreshEvery)
	defer cancel()
	if err := b.Refresh(ctx); err != nil {
		return nil
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.data[id]
}

// MAC returns a keyed digest (HMAC-SHA256) of data. It stays the same when
// data keys rotate, since stored digests could not be made anew.
func (b *Box) MAC(purpose string, data []byte) []byte {
	b.mu.RLock()
	key := b.mac
	b.mu.RUnlock()
	m := hmac.New(sha256.New, key)
	m.Write([]byte(purpose))
	m.Write([]byte{0})
	m.Write(data)
	return m.Sum(nil)
}

// Rewrap wraps all keys with another master. It must run while no program
// uses the database; afterwards the old master opens nothing.
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
		rows, err := db.Select[keyRow](ctx, tx, `SELECT id, kind, wrapped, created_at FROM secret_key ORDER BY id`)
		if err != nil {
			return err
		}
		for _, r := range rows {
			key, err := unwrap(old, r)
			if err != nil {
				return err
			}
			if _, err := db.Exec(ctx, tx, `UPDATE secret_key SET wrapped = $1 WHERE id = $2`, wrap(next, r.ID, r.Kind, key), r.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != masterBytes {
		return nil, ErrMasterFormat
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

func wrap(master cipher.AEAD, id, kind string, key []byte) string {
	nonce := make([]byte, master.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(master.Seal(nonce, nonce, key, bound(kind, id)))
}

func unwrap(master cipher.AEAD, r keyRow) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(r.Wrapped)
	if err != nil || len(raw) < master.NonceSize() {
		return nil, ErrMasterWrong
	}
	key, err := master.Open(nil, raw[:master.NonceSize()], raw[master.NonceSize():], bound(r.Kind, r.ID))
	if err != nil {
		return nil, ErrMasterWrong
	}
	return key, nil
}

// bound is the associated data that ties a value to its place.
func bound(purpose, rowID string) []byte { return []byte(purpose + "\x00" + rowID) }
