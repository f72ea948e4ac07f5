package oidcop_test

import (
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

// third registers a service of another authority that is told of sign-outs.
func (r *rig) third(t *testing.T) (id, secret string, s *service) {
	t.Helper()
	s = r.told(t, "tam", false)
	c := library()
	c.BackchannelLogoutURI = s.URL + "/het-phien"
	return c.ID, r.add(t, c), s
}

func in(session string) oidcop.Front { return oidcop.Front{Browser: "b", Session: session} }

func TestOP20_AServiceOfAnotherAuthorityIsAskedAbout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		id, secret, _ := r.third(t)
		// After the sign-in the person is asked, and nothing is given meanwhile.
		w := r.authorize(t, ask("client_id", id, "scope", "openid profile"), "")
		if err := r.People.CheckPassword(t.Context(), identitytest.Try(w.SignIn, "b")); err != nil {
			t.Fatal(err)
		}
		out, err := r.provider.Confirm(t.Context(), oidcop.Confirmation{RequestID: w.SignIn, Browser: "b", Code: r.Code(t)})
		if err != nil || out.Verdict.Outcome != identity.Confirmed || out.Redirect != "" || out.Token == "" {
			t.Fatalf("%+v %v", out, err)
		}
		session := out.Token
		q, err := r.provider.Question(t.Context(), w.SignIn, in(session))
		if err != nil || !slices.Equal(q.Scopes, []string{"profile"}) || q.Client.ID != id {
			t.Fatalf("%+v %v", q, err)
		}
		for name, f := range map[string]oidcop.Front{"another browser": {Browser: "c", Session: session}, "no session": in(""), "another session": in(r.elsewhere(t))} {
			if to, err := r.provider.Agree(t.Context(), w.SignIn, f); err == nil || to != "" {
				t.Errorf("%s may agree: %q", name, to)
			}
		}
		to, err := r.provider.Agree(t.Context(), w.SignIn, in(session))
		if err != nil {
			t.Fatal(err)
		}
		p := r.exchange(t, answer(t, to).Get("code"), "basic-user", id, "basic-pass", secret)
		if p.status != 200 || r.userinfo(t, p.str("access_token")).str("name") == "" {
			t.Fatalf("%d %v", p.status, p.body)
		}
		if _, err := r.provider.Agree(t.Context(), w.SignIn, in(session)); !errors.Is(err, oidcop.ErrFinished) {
			t.Errorf("twice: %v", err)
		}

		for name, c := range map[string]struct {
			q   url.Values
			ask bool
		}{
			"remembered":    {ask("client_id", id, "scope", "openid profile"), false},
			"fewer":         {ask("client_id", id, "scope", "openid"), false},
			"more":          {ask("client_id", id, "scope", "openid profile phone"), true},
			"wants asking":  {ask("client_id", id, "scope", "openid", "prompt", "consent"), true},
			"our own":       {ask(), false},
			"our own, asks": {ask("prompt", "consent"), false},
		} {
			if got := r.authorize(t, c.q, session); (got.Ask != "") != c.ask || (got.Redirect != "") == c.ask {
				t.Errorf("%s: %+v, want the question: %v", name, got, c.ask)
			}
		}
		got := answer(t, r.authorize(t, ask("client_id", id, "scope", "openid phone", "prompt", "none"), session).Redirect)
		if got.Get("error") != "consent_required" || got.Get("code") != "" {
			t.Errorf("prompt=none: %v", got)
		}
	})
}

// elsewhere is a session of the same person in another browser.
func (r *rig) elsewhere(t *testing.T) string {
	t.Helper()
	r.Clock.Advance(2 * time.Minute)
	_, session := r.signIn(t, ask())
	return session
}

func TestOP20_PromptConsentIsKeptOverTheSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		id, _, _ := r.third(t)
		_, session := r.signIn(t, ask())
		first := r.authorize(t, ask("client_id", id, "scope", "openid"), session)
		if _, err := r.provider.Agree(t.Context(), first.Ask, in(session)); err != nil {
			t.Fatal(err)
		}
		r.Clock.Advance(2 * time.Minute)
		w := r.authorize(t, ask("client_id", id, "scope", "openid phone", "prompt", "login consent"), "")
		if err := r.People.CheckPassword(t.Context(), identitytest.Try(w.SignIn, "b")); err != nil {
			t.Fatal(err)
		}
		out, err := r.provider.Confirm(t.Context(), oidcop.Confirmation{RequestID: w.SignIn, Browser: "b", Code: r.Code(t)})
		if err != nil || out.Redirect != "" {
			t.Fatalf("%+v %v", out, err)
		}
		to, err := r.provider.Cancel(t.Context(), w.SignIn, "b")
		if got := answer(t, to); err != nil || got.Get("error") != "access_denied" || got.Get("state") != "xyz" {
			t.Errorf("no: %v %v", got, err)
		}
		if list, err := r.provider.ListGrants(t.Context(), r.account.ID); slices.ContainsFunc(list, func(g oidcop.Grant) bool { return g.ClientID == id && slices.Contains(g.Scopes, "phone") }) || err != nil {
			t.Errorf("a no is remembered as %v, %v", list, err)
		}
	})
}

func TestOP20_GrantsAreListedAndRevoked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		id, secret, s := r.third(t)
		agreed := func(session string) reply {
			w := r.authorize(t, ask("client_id", id, "scope", "openid profile", "prompt", "consent"), session)
			to, err := r.provider.Agree(t.Context(), w.Ask, in(session))
			if err != nil {
				t.Fatal(err)
			}
			return r.exchange(t, answer(t, to).Get("code"), "basic-user", id, "basic-pass", secret)
		}
		own, session := r.tokens(t)
		r.Clock.Advance(time.Second)
		p := agreed(session)
		list, err := r.provider.ListGrants(t.Context(), r.account.ID)
		if err != nil || len(list) != 2 || list[0].ClientID != id || list[0].Agreed == nil || list[0].FirstParty || !list[0].Live || list[0].Purpose == "" ||
			!slices.Equal(list[0].Scopes, []string{"openid", "profile"}) || list[1].ClientID != clientID || list[1].Agreed != nil || !list[1].FirstParty {
			t.Fatalf("%+v %v", list, err)
		}
		if err := r.provider.RevokeGrant(t.Context(), admin, r.account.ID, id); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		if got := s.take(); len(got) != 1 || claimsOf(t, got[0])["sid"] != claimsOf(t, p.str("id_token"))["sid"] {
			t.Errorf("the service was told %d times", len(got))
		}
		if st := r.userinfo(t, p.str("access_token")).status; st != 401 {
			t.Errorf("its access token works: %d", st)
		}
		if q := r.refresh(t, p.str("refresh_token"), "basic-user", id, "basic-pass", secret); !refused(q) {
			t.Errorf("its refresh token works: %d", q.status)
		}
		if st := r.userinfo(t, own.str("access_token")).status; st != 200 {
			t.Errorf("another service's token ended: %d", st)
		}
		if _, err := r.provider.Session(t.Context(), session); err != nil {
			t.Errorf("the person was signed out: %v", err)
		}
		if got := r.authorize(t, ask("client_id", id, "scope", "openid profile"), session); got.Ask == "" {
			t.Error("the agreement is not forgotten")
		}
		for _, pair := range [][2]string{{r.account.ID, id}, {r.account.ID, "ai-do\x00"}, {"ai-do", clientID}} {
			if err := r.provider.RevokeGrant(t.Context(), admin, pair[0], pair[1]); !errors.Is(err, oidcop.ErrNoGrant) {
				t.Errorf("%q: %v", pair, err)
			}
		}
		// What it gets afterwards ends with the session, and it is told again.
		agreed(session)
		if err := r.provider.SignOutNow(t.Context(), in(session)); err != nil {
			t.Fatal(err)
		}
		r.drain(t)
		if got := s.take(); len(got) != 1 {
			t.Errorf("after a new agreement the service was told %d times of the sign-out", len(got))
		}
	})
}
