package secretbox

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"motcua/internal/clock"
	"motcua/internal/db"
)

// version begins every sealed value.
const version = "1"

// missPause bounds how often values of unknown keys make the keys be read
// again: somebody may be feeding made-up ones.
const missPause = time.Second

// missTimeout bounds that reading.
const missTimeout = 5 * time.Second

// ErrSealed says that a value does not open: wrong row, wrong purpose,
// changed, or sealed with a key that is not in the database.
var ErrSealed = errors.New("secretbox: value does not open")

// A Box seals and opens. It is safe for concurrent use.
type Box struct {
	db     *db.DB
	clk    clock.Clock
	master cipher.AEAD
	keys   atomic.Pointer[ring]

	// reading keeps a slow Refresh from replacing what a later one found.
	reading sync.Mutex
	missed  time.Time
}

// Seal encrypts plain for one purpose and row: only Open with the same two
// returns it. purpose is a constant such as "sms.text".
func (b *Box) Seal(purpose, rowID string, plain []byte) (string, error) {
	keys := b.keys.Load()
	return version + "." + keys.newest + "." + seal(keys.data[keys.newest], bound(purpose, rowID), plain), nil
}

// Open decrypts what Seal made for the same purpose and row. It errs with
// ErrSealed, or with the database's error when a key that another process may
// just have made could not be looked for.
func (b *Box) Open(purpose, rowID, sealed string) ([]byte, error) {
	v, rest, _ := strings.Cut(sealed, ".")
	id, text, ok := strings.Cut(rest, ".")
	if v != version || !ok {
		return nil, ErrSealed
	}
	aead, err := b.dataKey(id)
	if err != nil {
		return nil, err
	}
	plain, ok := open(aead, bound(purpose, rowID), text)
	if !ok {
		return nil, ErrSealed
	}
	return plain, nil
}

// dataKey finds a key, reading the rows again when another process may have
// rotated.
func (b *Box) dataKey(id string) (cipher.AEAD, error) {
	if aead := b.keys.Load().data[id]; aead != nil {
		return aead, nil
	}
	b.reading.Lock()
	defer b.reading.Unlock()
	if aead := b.keys.Load().data[id]; aead != nil {
		return aead, nil
	}
	now := b.clk.Now()
	if since := now.Sub(b.missed); since >= 0 && since < missPause {
		return nil, ErrSealed
	}
	b.missed = now
	ctx, cancel := context.WithTimeout(context.Background(), missTimeout)
	defer cancel()
	if err := b.refresh(ctx); err != nil {
		return nil, err
	}
	if aead := b.keys.Load().data[id]; aead != nil {
		return aead, nil
	}
	return nil, ErrSealed
}

// MAC returns a keyed digest of data, HMAC-SHA256. It is the same in every
// process and after Rotate and Rewrap: stored digests could not be made anew.
func (b *Box) MAC(purpose string, data []byte) []byte {
	m := hmac.New(sha256.New, b.keys.Load().mac)
	m.Write(bound(purpose, string(data)))
	return m.Sum(nil)
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

func seal(aead cipher.AEAD, place, plain []byte) string {
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(plain)+aead.Overhead())
	rand.Read(nonce) // never fails: crypto/rand ends the program instead
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, place))
}

func open(aead cipher.AEAD, place []byte, text string) (plain []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < aead.NonceSize() {
		return nil, false
	}
	plain, err = aead.Open(nil, raw[:aead.NonceSize()], raw[aead.NonceSize():], place)
	return plain, err == nil
}

// bound is the associated data that ties a value to its place. The length
// keeps ("a", "bc") and ("ab", "c") apart.
func bound(purpose, rowID string) []byte {
	place := binary.BigEndian.AppendUint32(nil, uint32(len(purpose)))
	return append(append(place, purpose...), rowID...)
}
