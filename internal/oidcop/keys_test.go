package oidcop_test

import (
	"testing"
	"time"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/oidcop"
)

func TestOP11_AlgorithmsAndRotation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		r.putClient(t, "cu", "RS256")
		alg := func(client string) (string, string) {
			got, _ := r.signIn(t, ask("client_id", client))
			p := r.exchange(t, got.Get("code"), "basic-user", client)
			return header(t, p.str("id_token"))
		}
		a1, k1 := alg(clientID)
		if a2, _ := alg("cu"); a1 != "ES256" || a2 != "RS256" {
			t.Errorf("algorithms %s, %s; want ES256 by default and RS256 where registered", a1, a2)
		}
		p := r.get(t, "/keys")
		if len(p.body["keys"].([]any)) != 2 || p.header.Get("Cache-Control") != "public, max-age=300" {
			t.Errorf("keys: %v %v", p.body, p.header)
		}
		for _, k := range p.body["keys"].([]any) {
			for _, secret := range []string{"d", "p", "q"} {
				if k.(map[string]any)[secret] != nil {
					t.Fatal("a private key is published")
				}
			}
		}
		if err := r.provider.Rotate(t.Context(), audit.Ref{Kind: "console"}, false); err != nil {
			t.Fatal(err)
		}
		if n := len(r.get(t, "/keys").body["keys"].([]any)); n != 4 {
			t.Errorf("%d keys after rotation, want old and new of both", n)
		}
		if _, k := alg(clientID); k != k1 {
			t.Error("the new key signs before anybody can know it")
		}
		r.Clock.Advance(10 * time.Minute)
		if _, k := alg(clientID); k == k1 {
			t.Error("the old key still signs")
		}
		r.Clock.Advance(24*time.Hour - time.Second)
		if n := len(r.get(t, "/keys").body["keys"].([]any)); n != 4 {
			t.Errorf("the old keys are gone while their tokens may live: %d", n)
		}
		r.Clock.Advance(2 * time.Second)
		if n := len(r.get(t, "/keys").body["keys"].([]any)); n != 2 {
			t.Errorf("%d keys a day after, want the new ones", n)
		}
	})
}

func TestOP11_RotationReachesOtherProcessesAndSchedule(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		other, err := oidcop.New(r.provider.Parts)
		if err != nil {
			t.Fatal(err)
		}
		r.get(t, "/keys")
		if err := other.Rotate(t.Context(), audit.Ref{Kind: "console"}, true); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(30 * time.Second)
		if n := len(r.get(t, "/keys").body["keys"].([]any)); n != 2 {
			t.Errorf("%d keys 30 s after a rotation at once, want 2 new ones", n)
		}
		r.Clock.Advance(91 * 24 * time.Hour)
		if err := r.provider.EnsureKeys(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(time.Minute)
		if n := len(r.get(t, "/keys").body["keys"].([]any)); n != 4 {
			t.Errorf("after 91 days %d keys, want successors beside the old", n)
		}
	})
}
