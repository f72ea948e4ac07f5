package signin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"motcua/internal/clock"
)

const (
	// keyLife bounds how long a key counts after it was last seen published,
	// whatever Cache-Control promises: so a key taken back by the provider is
	// refused here after five minutes at the latest (RP-05).
	keyLife = 5 * time.Minute
	// keyPause is the least time between two fetches caused by an unknown
	// key id, so that forged tokens cannot make us hammer the provider.
	keyPause = 10 * time.Second
	// maxKeys bounds a key set; a provider publishes a handful.
	maxKeys = 32
	// minRSABits is the least RSA key RFC 7518 §3.3 allows.
	minRSABits = 2048
)

// algorithms is the allow-list for ID tokens (RP-04). No HS* (the key would be
// a public one or our client secret) and never none.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256}

// keySet is an oidc.KeySet over the provider's published keys.
type keySet struct {
	client   *client
	timeout  time.Duration
	clk      clock.Clock
	metadata func(context.Context) (*metadata, error)

	mu      sync.Mutex
	keys    []jose.JSONWebKey
	until   time.Time
	fetched time.Time
	flight  shared[[]jose.JSONWebKey]
}

// VerifySignature implements oidc.KeySet.
func (k *keySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	jws, err := jose.ParseSignedCompact(jwt, algorithms)
	if err != nil || len(jws.Signatures) != 1 || !compact(jwt) {
		return nil, fail(WrongAnswer, "id_token_signature", nil)
	}
	header := jws.Signatures[0].Header
	keys, err := k.current(ctx)
	if err != nil {
		return nil, err
	}
	key, ok := pick(keys, header)
	if !ok {
		if keys, err = k.newer(ctx); err != nil {
			return nil, err
		}
		key, ok = pick(keys, header)
	}
	if !ok {
		return nil, fail(WrongAnswer, "id_token_key", nil)
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return nil, fail(WrongAnswer, "id_token_signature", nil)
	}
	return payload, nil
}

// compact reports whether a token is what RFC 7515 §7.1 says, more closely
// than the library looks: no line ends, no header member twice, and no
// extension that must be understood, also not an empty list of them.
func compact(token string) bool {
	head, _, _ := strings.Cut(token, ".")
	if strings.ContainsAny(token, "\r\n") {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return false
	}
	h, ok := object(raw)
	_, crit := h["crit"]
	return ok && !crit
}

// pick finds the one key a token names. A token without a key id is accepted
// only when there is nothing to choose (OpenID Connect Core §10.1).
func pick(keys []jose.JSONWebKey, h jose.Header) (any, bool) {
	var found []any
	for _, key := range keys {
		if key.Algorithm != h.Algorithm && key.Algorithm != "" {
			continue
		}
		if !fits(key.Key, h.Algorithm) {
			continue
		}
		if h.KeyID == "" || key.KeyID == h.KeyID {
			found = append(found, key.Key)
		}
	}
	if len(found) != 1 {
		return nil, false
	}
	return found[0], true
}

func fits(key any, alg string) bool {
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		return alg == string(jose.ES256) && key.Curve == elliptic.P256()
	case *rsa.PublicKey:
		return alg == string(jose.RS256) && key.N.BitLen() >= minRSABits
	}
	return false
}

// current gives the keys while they count.
func (k *keySet) current(ctx context.Context) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	keys, now := k.keys, k.clk.Now()
	fresh := keys != nil && now.Before(k.until) && !now.Before(k.fetched)
	k.mu.Unlock()
	if fresh {
		return keys, nil
	}
	return k.fetch(ctx)
}

// newer gives keys fetched within keyPause, fetching them if need be. They may
// be newer than what current gave a moment ago, when another sign-in met the
// same new key first.
func (k *keySet) newer(ctx context.Context) ([]jose.JSONWebKey, error) {
	k.mu.Lock()
	keys, age := k.keys, k.clk.Now().Sub(k.fetched)
	k.mu.Unlock()
	if age >= 0 && age < keyPause {
		return keys, nil
	}
	return k.fetch(ctx)
}

func (k *keySet) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	keys, err := k.flight.do(ctx, k.timeout, k.ask)
	if err != nil && AsFailure(err) == nil && ctx.Err() != nil {
		err = at("keys", callFailure(ctx.Err()))
	}
	return keys, err
}

func (k *keySet) ask(ctx context.Context) ([]jose.JSONWebKey, error) {
	m, err := k.metadata(ctx)
	if err != nil {
		return nil, err
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	header, err := k.client.getJSON(ctx, "keys", m.Keys, &set)
	if err != nil {
		return nil, err
	}
	if len(set.Keys) > maxKeys {
		return nil, fail(WrongAnswer, "keys_too_many", nil)
	}
	keys := make([]jose.JSONWebKey, 0, len(set.Keys))
	for _, raw := range set.Keys {
		// RFC 7517 §5: keys of a type we do not know are passed over.
		var key jose.JSONWebKey
		if json.Unmarshal(raw, &key) == nil && key.IsPublic() && (key.Use == "" || key.Use == "sig") {
			keys = append(keys, key)
		}
	}
	now := k.clk.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.fetched, k.until = keys, now, now.Add(cacheLife(header.Values("Cache-Control")))
	return keys, nil
}

// cacheLife reads max-age, at most keyLife. Without one, keys count for
// keyPause only: long enough for a rush, short enough to be safe.
func cacheLife(values []string) time.Duration {
	life := keyPause
	for directive := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store", "no-cache":
			return 0
		case "max-age":
			seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
			if err != nil {
				if !errors.Is(err, strconv.ErrRange) {
					return 0
				}
				return keyLife
			}
			life = min(time.Duration(seconds)*time.Second, keyLife)
		}
	}
	return life
}
