package oidcop_test

import (
	"net/url"
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
)

func TestOP15_ABrowserTellsTheServicesOfItsSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		a, b, gone := library(), library(), library()
		a.ID, a.Name, a.FrontchannelLogoutURI, a.FirstParty = "mot", "A", "http://127.0.0.1:9/het-phien?giu=1", true
		b.ID, b.Name, b.FrontchannelLogoutURI, b.FirstParty = "hai", "B", "http://127.0.0.1:9/ra", true
		gone.ID, gone.FrontchannelLogoutURI, gone.FirstParty = "bo", "http://127.0.0.1:9/bo", true
		secrets := map[string]string{"mot": r.add(t, a), "bo": r.add(t, gone)}
		r.add(t, b) // got no tokens
		p, session := r.tokens(t)
		sid := claimsOf(t, p.str("id_token"))["sid"]
		for id, secret := range secrets {
			got := answer(t, r.authorize(t, ask("client_id", id), session).Redirect)
			if q := r.exchange(t, got.Get("code"), "basic-user", id, "basic-pass", secret); q.status != 200 {
				t.Fatal(q.body)
			}
		}
		if err := r.provider.RemoveClient(t.Context(), admin, "bo"); err != nil {
			t.Fatal(err)
		}
		asked, err := r.provider.Frames(t.Context(), in(session))
		if err != nil || len(asked) != 1 {
			t.Fatalf("%+v %v", asked, err)
		}
		out, err := r.provider.EndSession(t.Context(), url.Values{"id_token_hint": {p.str("id_token")}}, in(session), false)
		if err != nil || len(out.Frames) != 1 || out.Frames[0] != asked[0] {
			t.Fatalf("%+v %v", out, err)
		}
		u, err := url.Parse(out.Frames[0].Address)
		if q := u.Query(); err != nil || u.Path != "/het-phien" || q.Get("giu") != "1" || q.Get("iss") != r.server.URL || q.Get("sid") != sid || len(q) != 3 {
			t.Errorf("%s %v", u, err)
		}
		if out, err := r.provider.EndSession(t.Context(), url.Values{"id_token_hint": {p.str("id_token")}}, in(session), false); err != nil || len(out.Frames) != 0 {
			t.Errorf("once more: %+v %v", out, err)
		}
	})
}
