package oidcop_test

import (
	"testing"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/oidcop"
)

func isolatedRig(t *testing.T, d *db.DB) *rig {
	t.Helper()
	r := newRig(t, d)
	err := r.provider.PutClient(t.Context(), oidcop.Client{ID: "office", Name: "Một cửa", SMSName: "Mot cua", RedirectURIs: []string{redirectURI},
		PostLogoutURIs: []string{logoutURI}, Scopes: []string{"openid", "vneid"}, Isolated: true}, secret)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestIsolated_CitizenLeftSignedInDoesNotBecomeTheOfficer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := isolatedRig(t, d)
		_, citizen := r.signIn(t, ask())
		if got := r.authorize(t, ask("client_id", "office"), citizen); got.SignIn == "" || got.Redirect != "" {
			t.Errorf("the session of the browser answers for the officer: %+v", got)
		}
		got := answer(t, r.authorize(t, ask("client_id", "office", "prompt", "none"), citizen).Redirect)
		if got.Get("error") != "login_required" || got.Get("code") != "" {
			t.Errorf("without asking: %v", got)
		}
		if got := r.authorize(t, ask(), citizen); got.Redirect == "" {
			t.Errorf("the citizen's own session no longer answers: %+v", got)
		}
	})
}

func TestIsolated_OfficerSignsNobodyElseIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := isolatedRig(t, d)
		_, citizen := r.signIn(t, ask())
		r.Clock.Advance(minute)
		wait := r.authorize(t, ask("client_id", "office"), citizen).SignIn
		if err := r.People.CheckPassword(t.Context(), identitytest.Try(wait, "b")); err != nil {
			t.Fatal(err)
		}
		out, err := r.provider.Confirm(t.Context(), oidcop.Confirmation{RequestID: wait, Browser: "b", Code: r.Code(t), Replaced: citizen})
		if err != nil || out.Verdict.Outcome != identity.Confirmed {
			t.Fatalf("%+v %v", out.Verdict, err)
		}
		if out.Token != "" {
			t.Error("the browser gets a session from the officer's sign-in")
		}
		if _, err := r.provider.Session(t.Context(), citizen); err != nil {
			t.Errorf("the officer's sign-in ended the session that the browser had: %v", err)
		}
		tokens := r.exchange(t, answer(t, out.Redirect).Get("code"), "basic-user", "office")
		if tokens.status != 200 || r.userinfo(t, tokens.str("access_token")).str("sub") != r.account.ID {
			t.Errorf("the office learns nothing: %d %v", tokens.status, tokens.body)
		}
		n, err := db.Get[int](t.Context(), d, `SELECT count(*) FROM browser_session WHERE kind = $1 AND revoked_at IS NULL`, oidcop.KindSSO)
		if err != nil || n != 1 {
			t.Errorf("%d sessions open the portal, want the citizen's alone (%v)", n, err)
		}
	})
}

func TestIsolated_SigningOutThereEndsNothingElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := isolatedRig(t, d)
		_, citizen := r.signIn(t, ask())
		r.Clock.Advance(minute)
		got, token := r.finish(t, r.authorize(t, ask("client_id", "office"), citizen).SignIn)
		if token != "" {
			t.Error("a session for the browser")
		}
		tokens := r.exchange(t, got.Get("code"), "basic-user", "office")
		out, err := r.provider.EndSession(t.Context(), map[string][]string{"id_token_hint": {tokens.str("id_token")}, "post_logout_redirect_uri": {logoutURI}},
			oidcop.Front{Browser: "b", Session: citizen}, false)
		if err != nil || out.Ask || out.Redirect != logoutURI {
			t.Errorf("%+v %v", out, err)
		}
		if _, err := r.provider.Session(t.Context(), citizen); err != nil {
			t.Errorf("the citizen was signed out: %v", err)
		}
		if p := r.userinfo(t, tokens.str("access_token")); p.status != 401 {
			t.Errorf("its own session lives on: %d", p.status)
		}
	})
}

func TestIsolated_SignInByQRIsNoException(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := isolatedRig(t, d)
		_, citizen := r.signIn(t, ask())
		wait := r.authorize(t, ask("client_id", "office"), citizen).SignIn
		r.approve(t, wait)
		out, err := r.collect(t, wait, "b", citizen)
		if err != nil || out.Token != "" {
			t.Fatalf("the browser gets a session from the officer's sign-in: %v", err)
		}
		if _, err := r.provider.Session(t.Context(), citizen); err != nil {
			t.Errorf("the citizen was signed out: %v", err)
		}
		if p := r.exchange(t, answer(t, out.Redirect).Get("code"), "basic-user", "office"); claimsOf(t, p.str("id_token"))["sid"] == "" {
			t.Error("the office cannot tell which session stands behind its own")
		}
	})
}
