package credential

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Argon2id parameters of new hashes (OWASP password storage cheat sheet:
// 19 MiB, two passes, one lane). A change reaches each account at its next
// sign-in, through the rehash that Verify asks for.
const (
	memoryKiB = 19 * 1024
	passes    = 2
	lanes     = 1
	saltBytes = 16
	keyBytes  = 32
)

// Bounds of parameters read back from the database, so that a damaged row
// cannot make one check take all memory.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxLanes     = 8
)

// waitingPerSlot bounds the queue before the hasher. At some 25 ms a hash the
// last one waits about a second and a half; beyond that a clear "busy" serves
// people better than a page that hangs.
const waitingPerSlot = 64

var (
	// ErrBusy says that too many passwords are being checked at once. The
	// caller answers "try again in a moment"; nothing was counted.
	ErrBusy = errors.New("credential: too many password checks at once")
	// ErrMalformed says that a stored hash cannot be read.
	ErrMalformed = errors.New("credential: malformed password hash")
)

// A Hasher makes and checks password hashes, at most a fixed number at once:
// each takes 19 MiB while it runs.
type Hasher struct {
	pepper  func([]byte) []byte
	slots   chan struct{}
	waiting chan struct{}
	observe func(time.Duration)
}

// New returns a Hasher. pepper maps the password's bytes to a keyed digest
// (HMAC with a key kept apart from the hashes); concurrent is the number of
// hashes that may run at once, at least 1.
func New(pepper func([]byte) []byte, concurrent int) *Hasher {
	concurrent = max(concurrent, 1)
	return &Hasher{
		pepper:  pepper,
		slots:   make(chan struct{}, concurrent),
		waiting: make(chan struct{}, concurrent*(waitingPerSlot+1)),
		observe: func(time.Duration) {},
	}
}

// Observe sets a function that receives the time each hash took, without the
// time spent waiting for a slot. Call it before the Hasher is used.
func (h *Hasher) Observe(f func(time.Duration)) { h.observe = f }

// Hash returns the PHC string of a new password. It errs with ErrBusy, or
// with the context's error.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	rand.Read(salt)
	p := params{memory: memoryKiB, passes: passes, lanes: lanes, salt: salt}
	key, err := h.derive(ctx, password, p, keyBytes)
	if err != nil {
		return "", err
	}
	p.key = key
	return p.String(), nil
}

// Verify reports whether the password matches the stored hash, and whether
// the hash should be replaced because today's parameters differ.
func (h *Hasher) Verify(ctx context.Context, phc, password string) (ok, rehash bool, err error) {
	p, err := parse(phc)
	if err != nil {
		return false, false, err
	}
	key, err := h.derive(ctx, password, p, uint32(len(p.key)))
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(key, p.key) == 1
	rehash = p.memory != memoryKiB || p.passes != passes || p.lanes != lanes
	return ok, ok && rehash, nil
}

// VerifyNone does the work of Verify for an account that does not exist or
// has no password, so that the answer takes the same time (ASVS 6.3.8).
func (h *Hasher) VerifyNone(ctx context.Context, password string) error {
	p := params{memory: memoryKiB, passes: passes, lanes: lanes, salt: make([]byte, saltBytes)}
	_, err := h.derive(ctx, password, p, keyBytes)
	return err
}

func (h *Hasher) derive(ctx context.Context, password string, p params, n uint32) ([]byte, error) {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	start := time.Now() //clock:real it measures work, no rule depends on it
	peppered := h.pepper(norm.NFKC.Bytes([]byte(password)))
	key := argon2.IDKey(peppered, p.salt, p.passes, p.memory, p.lanes, n)
	h.observe(time.Since(start)) //clock:real
	return key, nil
}

type params struct {
	memory, passes uint32
	lanes          uint8
	salt, key      []byte
}

func (p params) String() string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.memory, p.passes, p.lanes, enc.EncodeToString(p.salt), enc.EncodeToString(p.key))
}

func parse(phc string) (params, error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return params{}, ErrMalformed
	}
	var version int
	var p params
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return params{}, ErrMalformed
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.lanes); err != nil {
		return params{}, ErrMalformed
	}
	if p.memory == 0 || p.memory > maxMemoryKiB || p.passes == 0 || p.passes > maxPasses || p.lanes == 0 || p.lanes > maxLanes {
		return params{}, ErrMalformed
	}
	var err1, err2 error
	p.salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	p.key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(p.salt) < 8 || len(p.key) < 16 || len(p.key) > 64 {
		return params{}, ErrMalformed
	}
	return p, nil
}
