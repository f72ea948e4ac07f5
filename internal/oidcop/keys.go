package oidcop

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/audit"
	"motcua/internal/db"
)

const (
	algDefault = jose.ES256
	rsaBits    = 2048
	// jwksCache is what /keys allows others to keep it (OP-11).
	jwksCache = 5 * time.Minute
	// publishBefore is how long a new key is shown before it signs: longer
	// than jwksCache, so that nobody meets a signature of an unknown key.
	publishBefore = 10 * time.Minute
	// keepAfter is how long a key is still shown when it signs no more: longer
	// than any token it signed, and than a session, whose ID token is the hint
	// at sign-out.
	keepAfter = 24 * time.Hour
	// keyLife is the schedule of rotation.
	keyLife = 90 * 24 * time.Hour
	// keysReload bounds how long a process goes on with keys that another has
	// rotated (60 s in all with what is under way).
	keysReload = 20 * time.Second
	keyPurpose = "signing-key"
)

type keyRow struct {
	KID       string     `db:"kid"`
	Alg       string     `db:"alg"`
	Private   string     `db:"private"`
	CreatedAt time.Time  `db:"created_at"`
	SignFrom  time.Time  `db:"sign_from"`
	SignUntil *time.Time `db:"sign_until"`
	RemoveAt  *time.Time `db:"remove_at"`
}

// signingKey is a key in use by this process.
type signingKey struct {
	keyRow
	private crypto.Signer
}

func (k signingKey) SignatureAlgorithm() jose.SignatureAlgorithm {
	return jose.SignatureAlgorithm(k.Alg)
}
func (k signingKey) Key() any   { return k.private }
func (k signingKey) ID() string { return k.KID }

// publicKey is the half that /keys shows.
type publicKey struct{ signingKey }

func (k publicKey) Algorithm() jose.SignatureAlgorithm { return k.SignatureAlgorithm() }
func (k publicKey) Use() string                        { return "sig" }
func (k publicKey) Key() any                           { return k.private.Public() }

// keyRing keeps the opened keys for keysReload.
type keyRing struct {
	mu     sync.Mutex
	loaded time.Time
	keys   []signingKey
}

func (p *Provider) keys(ctx context.Context) ([]signingKey, error) {
	p.ring.mu.Lock()
	defer p.ring.mu.Unlock()
	now := p.Clock.Now()
	if p.ring.keys != nil && now.Sub(p.ring.loaded) < keysReload && !p.ring.loaded.After(now) {
		return p.ring.alive(now), nil
	}
	rows, err := db.Select[keyRow](ctx, p.DB, `SELECT kid, alg, private, created_at, sign_from, sign_until, remove_at
		FROM signing_key WHERE remove_at IS NULL OR remove_at > $1 ORDER BY sign_from DESC, kid`, now)
	if err != nil {
		return nil, err
	}
	known := map[string]crypto.Signer{}
	for _, k := range p.ring.keys {
		known[k.KID] = k.private
	}
	keys := make([]signingKey, 0, len(rows))
	for _, r := range rows {
		private := known[r.KID]
		if private == nil {
			if private, err = p.openKey(r); err != nil {
				return nil, err
			}
		}
		keys = append(keys, signingKey{r, private})
	}
	p.ring.keys, p.ring.loaded = keys, now
	return keys, nil
}

// alive leaves out keys that ended since they were loaded.
func (r *keyRing) alive(now time.Time) []signingKey {
	return slices.DeleteFunc(slices.Clone(r.keys), func(k signingKey) bool { return k.RemoveAt != nil && !k.RemoveAt.After(now) })
}

func (p *Provider) forgetKeys() {
	p.ring.mu.Lock()
	p.ring.loaded = time.Time{}
	p.ring.mu.Unlock()
}

func (p *Provider) openKey(r keyRow) (crypto.Signer, error) {
	der, err := p.Box.Open(keyPurpose, r.KID, r.Private)
	if err != nil {
		return nil, fmt.Errorf("oidcop: opening signing key %s: %w", r.KID, err)
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("oidcop: signing key of an unknown type")
	}
	return signer, nil
}

// signer returns the key that signs with alg now: the newest that has begun.
func (p *Provider) signer(ctx context.Context, alg jose.SignatureAlgorithm) (signingKey, error) {
	keys, err := p.keys(ctx)
	if err != nil {
		return signingKey{}, err
	}
	now := p.Clock.Now()
	for _, k := range keys {
		if k.Alg == string(alg) && !k.SignFrom.After(now) && (k.SignUntil == nil || k.SignUntil.After(now)) {
			return k, nil
		}
	}
	return signingKey{}, fmt.Errorf("oidcop: no %s key signs now", alg)
}

// EnsureKeys makes the first key of each algorithm, and a successor for one
// that has signed for 90 days. It runs at start and hourly.
func (p *Provider) EnsureKeys(ctx context.Context) error {
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.RS256} {
		newest, err := db.Get[keyRow](ctx, p.DB, `SELECT kid, alg, private, created_at, sign_from, sign_until, remove_at
			FROM signing_key WHERE alg = $1 ORDER BY sign_from DESC, kid LIMIT 1`, string(alg))
		now := p.Clock.Now()
		switch {
		case errors.Is(err, db.ErrNotFound):
			err = p.addKey(ctx, alg, now, audit.System)
		case err == nil && newest.SignFrom.Add(keyLife).Before(now):
			err = p.addKey(ctx, alg, now.Add(publishBefore), audit.System)
		}
		if err != nil {
			return err
		}
	}
	_, err := db.Exec(ctx, p.DB, `DELETE FROM signing_key WHERE remove_at < $1`, p.Clock.Now())
	return err
}

// Rotate gives every algorithm a new key. It is shown at once and signs after
// ten minutes; the old ones are shown for another day. When a key is known to
// others, atOnce makes the new ones sign now and takes the old ones away:
// tokens under way are refused then.
func (p *Provider) Rotate(ctx context.Context, by audit.Ref, atOnce bool) error {
	from := p.Clock.Now()
	if !atOnce {
		from = from.Add(publishBefore)
	}
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.RS256} {
		if err := p.addKey(ctx, alg, from, by); err != nil {
			return err
		}
	}
	if atOnce {
		if _, err := db.Exec(ctx, p.DB, `UPDATE signing_key SET remove_at = $1 WHERE sign_until IS NOT NULL`, from); err != nil {
			return err
		}
	}
	p.forgetKeys()
	return nil
}

func (p *Provider) addKey(ctx context.Context, alg jose.SignatureAlgorithm, from time.Time, by audit.Ref) error {
	private, err := generate(alg)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	jwk := jose.JSONWebKey{Key: private.Public(), Algorithm: string(alg), Use: "sig"}
	thumb, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return err
	}
	kid := base64.RawURLEncoding.EncodeToString(thumb[:12])
	jwk.KeyID = kid
	public, err := jwk.MarshalJSON()
	if err != nil {
		return err
	}
	sealed, err := p.Box.Seal(keyPurpose, kid, der)
	if err != nil {
		return err
	}
	err = p.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		now := p.Clock.Now()
		// A key that had not begun to sign never will; the others hand over.
		if _, err := db.Exec(ctx, tx, `UPDATE signing_key SET sign_until = $1, remove_at = $2 WHERE alg = $3 AND sign_until IS NULL`,
			from, from.Add(keepAfter), string(alg)); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, tx, `INSERT INTO signing_key (kid, alg, private, public, created_at, sign_from)
			VALUES ($1,$2,$3,$4,$5,$6)`, kid, string(alg), sealed, string(public), now, from); err != nil {
			return err
		}
		return p.Audit.Append(ctx, tx, audit.Event{Action: "key.create", Actor: by, Target: audit.Ref{Kind: "signing_key", ID: kid}, Outcome: audit.OK})
	})
	p.forgetKeys()
	return err
}

func generate(alg jose.SignatureAlgorithm) (crypto.Signer, error) {
	if alg == jose.RS256 {
		return rsa.GenerateKey(rand.Reader, rsaBits)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}
