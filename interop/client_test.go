//go:build interop

package interop

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"motcua/internal/app/apptest"
	"motcua/internal/oidcop"
)

// jwk makes a key pair; the public half as a set.
func jwk(t *testing.T) (private json.RawMessage, public string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err = jose.JSONWebKey{Key: key, KeyID: "k1", Algorithm: "ES256", Use: "sig"}.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	return private, string(set)
}

// party is openid-client as a relying party, by each way to prove itself.
type party struct {
	*apptest.App
	base string
}

func newParty(t *testing.T) *party {
	a := apptest.Start(t, apptest.Options{})
	port := freePort(t)
	p := &party{a, fmt.Sprintf("http://localhost:%d", port)}
	client := func(id string) oidcop.Client {
		at := p.base + "/" + id
		return oidcop.Client{ID: id, RedirectURIs: []string{at + "/cb"}, PostLogoutURIs: []string{at + "/out"}, SignInURL: at + "/start",
			BackchannelLogoutURI: at + "/told", Refresh: true, FirstParty: true}
	}
	type how struct {
		Secret string          `json:"secret,omitempty"`
		Post   bool            `json:"post,omitempty"`
		Key    json.RawMessage `json:"key,omitempty"`
	}
	clients := map[string]how{"basic": {Secret: register(t, a, client("basic"))}, "post": {Secret: register(t, a, client("post")), Post: true}}
	private, public := jwk(t)
	keyed := client("jwt")
	keyed.JWKS = public
	register(t, a, keyed)
	clients["jwt"] = how{Key: private}
	third := client("third")
	third.FirstParty = false
	clients["third"] = how{Secret: register(t, a, third)}
	node(t, "rp.mjs", map[string]any{"issuer": a.ID, "port": port, "clients": clients})
	return p
}

func (p *party) page(t *testing.T, c *apptest.Client, id, name string, status int) map[string]any {
	t.Helper()
	return object(t, c.Get(p.base+"/"+id+"/"+name), status)
}

func (p *party) signIn(t *testing.T, c *apptest.Client, id string) map[string]any {
	t.Helper()
	return object(t, signIn(t, p.App, c, c.Get(p.base+"/"+id+"/start")), 200)
}

func claim(v map[string]any, path ...string) any {
	for _, name := range path[:len(path)-1] {
		v, _ = v[name].(map[string]any)
	}
	return v[path[len(path)-1]]
}

func TestOpenIDClientAsRelyingParty(t *testing.T) {
	p := newParty(t)

	for _, id := range []string{"basic", "post", "jwt"} {
		t.Run("sign-in and refresh, "+id, func(t *testing.T) {
			c := p.NewClient(t)
			in := p.signIn(t, c, id)
			if claim(in, "info", "name") != citizen.Name || claim(in, "claims", "sid") == nil || in["refresh"] != true {
				t.Fatalf("%v", in)
			}
			again := p.page(t, c, id, "refresh", 200)
			if again["rotated"] != true || claim(again, "claims", "sid") != claim(in, "claims", "sid") || claim(again, "claims", "sub") != claim(in, "claims", "sub") {
				t.Errorf("%v", again)
			}
			if got := p.page(t, c, id, "introspect", 200); got["active"] != true || got["client_id"] != id {
				t.Errorf("introspection: %v", got)
			}
			p.page(t, c, id, "revoke", 200)
			if got := p.page(t, c, id, "introspect", 200); got["active"] != false {
				t.Errorf("introspection after the revocation: %v", got)
			}
			if got := p.page(t, c, id, "refresh", 400); got["error"] != "invalid_grant" {
				t.Errorf("refresh after the revocation: %v", got)
			}
		})
	}

	t.Run("a replayed refresh token ends the family", func(t *testing.T) {
		c := p.NewClient(t)
		p.signIn(t, c, "basic")
		p.page(t, c, "basic", "refresh", 200)
		p.Clock.Advance(time.Minute)
		if got := p.page(t, c, "basic", "replay", 400); got["error"] != "invalid_grant" {
			t.Errorf("replay: %v", got)
		}
		if got := p.page(t, c, "basic", "introspect", 200); got["active"] != false {
			t.Errorf("afterwards: %v", got)
		}
	})

	t.Run("consent of a third-party service", func(t *testing.T) {
		c := p.NewClient(t)
		page := signIn(t, p.App, c, c.Get(p.base+"/third/start"))
		in := object(t, c.Submit(page.FindForm("/dong-y")), 200)
		if claim(in, "info", "phone_number") != citizen.Phone {
			t.Errorf("%v", in)
		}
	})

	t.Run("signing keys rotate", func(t *testing.T) {
		c := p.NewClient(t)
		p.signIn(t, c, "basic")
		if err := p.Provider.Rotate(t.Context(), operator, false); err != nil {
			t.Fatal(err)
		}
		p.page(t, c, "basic", "refresh", 200) // the old key signs on
		p.page(t, c, "basic", "minute", 200)
		p.Clock.Advance(10 * time.Minute)
		if got := p.page(t, c, "basic", "refresh", 200); got["rotated"] != true { // the new one
			t.Errorf("%v", got)
		}
	})

	t.Run("sign-out begun by the service", func(t *testing.T) {
		c := p.NewClient(t)
		in := p.signIn(t, c, "basic")
		if out := object(t, c.Get(p.base+"/basic/logout"), 200); out["out"] != "tam-biet" {
			t.Errorf("%v", out)
		}
		p.Drain()
		var told []map[string]any
		if page := c.Get(p.base + "/basic/told"); json.Unmarshal([]byte(page.Body), &told) != nil || len(told) == 0 {
			t.Fatalf("%d %s", page.Status, page.Body)
		}
		last := told[len(told)-1]
		if last["id"] != "basic" || last["sid"] != claim(in, "claims", "sid") || last["sub"] != claim(in, "claims", "sub") {
			t.Errorf("told of %v, want %v", last, in["claims"])
		}
		c.Get(p.base + "/basic/start").FindForm("/dang-nhap") // asked again
	})

	t.Run("sign-out begun elsewhere", func(t *testing.T) {
		c := p.NewClient(t)
		in := p.signIn(t, c, "post")
		if err := p.People.Lock(t.Context(), operator, citizen.Number); err != nil {
			t.Fatal(err)
		}
		if err := p.People.Unlock(t.Context(), operator, citizen.Number); err != nil {
			t.Fatal(err)
		}
		p.Drain()
		var told []map[string]any
		page := c.Get(p.base + "/post/told")
		if err := json.Unmarshal([]byte(page.Body), &told); err != nil {
			t.Fatal(err)
		}
		for _, one := range told {
			if one["id"] == "post" && one["sid"] == claim(in, "claims", "sid") {
				return
			}
		}
		t.Errorf("not told: %s", page.Body)
	})
}
