package signin_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/signin"
	"motcua/internal/signin/signintest"
)

func TestRP03_IssOfTheResponse(t *testing.T) {
	advertise := func(on bool) func(map[string]any) {
		return func(m map[string]any) { m["authorization_response_iss_parameter_supported"] = on }
	}
	for _, c := range []struct {
		name       string
		advertised bool
		demanded   bool
		iss        func(url.Values)
		reason     string
	}{
		{"right", true, false, nil, ""},
		{"missing though advertised", true, false, func(q url.Values) { q.Del("iss") }, "response_iss_missing"},
		{"empty though advertised", true, false, func(q url.Values) { q.Set("iss", "") }, "response_iss"},
		{"another's", true, false, func(q url.Values) { q.Set("iss", "https://evil.example") }, "response_iss"},
		{"with a slash more", true, false, func(q url.Values) { q.Set("iss", q.Get("iss")+"/") }, "response_iss"},
		{"missing, not advertised", false, false, func(q url.Values) { q.Del("iss") }, ""},
		{"missing, not advertised, demanded here", false, true, func(q url.Values) { q.Del("iss") }, "response_iss_missing"},
		{"another's, not advertised", false, false, func(q url.Values) { q.Set("iss", "https://evil.example") }, "response_iss"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := one(t, func(p *signin.Provider) { p.RequireIss = c.demanded })
			r.op.Metadata = advertise(c.advertised)
			q := r.begin("/a")
			if c.iss != nil {
				c.iss(q)
			}
			_, err := r.callback(q)
			if c.reason == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			wantFailure(t, err, signin.MixUp, c.reason)
			if r.op.Calls("token") != 0 {
				t.Error("the code left for the token endpoint")
			}
		})
	}

	t.Run("an error response is checked too", func(t *testing.T) {
		r := one(t)
		q := r.begin("/a")
		q.Del("code")
		q.Set("error", "access_denied")
		q.Set("iss", "https://evil.example")
		_, err := r.callback(q)
		wantFailure(t, err, signin.MixUp, "response_iss")
	})

	t.Run("mix-up of two providers", func(t *testing.T) {
		d := dbtest.New(t, db.SQLite)
		honest, attacker := newRig(t, d), newRig(t, d)
		// The browser believes it signs in at the honest one; the attacker's
		// provider answers with its own code under that state.
		state := query(t, honest.start(signin.Request{ReturnTo: "/a"})).Get("state")
		q := attacker.op.Grant(attacker.start(signin.Request{}))
		q.Set("state", state)
		_, err := honest.callback(q)
		wantFailure(t, err, signin.MixUp, "response_iss")
		if honest.op.Calls("token")+attacker.op.Calls("token") != 0 {
			t.Error("a code was sent to a token endpoint")
		}
	})
}

func TestRP03_ResponseShape(t *testing.T) {
	r := one(t)
	good := r.begin("/a")
	for name, c := range map[string]struct{ raw, reason string }{
		"empty":             {"", "response_no_state"},
		"no state":          {"code=x", "response_no_state"},
		"neither":           {"state=" + good.Get("state"), "response_shape"},
		"code and error":    {good.Encode() + "&error=access_denied", "response_shape"},
		"state twice":       {good.Encode() + "&state=" + good.Get("state"), "response_repeated"},
		"code twice":        {good.Encode() + "&code=2", "response_repeated"},
		"iss twice":         {good.Encode() + "&iss=https%3A%2F%2Fevil.example", "response_repeated"},
		"bad escape":        {good.Encode() + "&x=%zz", "response_query"},
		"semicolon":         {good.Encode() + ";x=1", "response_query"},
		"too long":          {good.Encode() + "&x=" + strings.Repeat("y", 9000), "response_oversized"},
		"code of odd bytes": {"state=" + good.Get("state") + "&code=%0d%0a", "response_code"},
		"code too long":     {"state=" + good.Get("state") + "&code=" + strings.Repeat("c", 5000), "response_code"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.s.Callback(context.Background(), c.raw, r.browser)
			wantFailure(t, err, signin.WrongAnswer, c.reason)
		})
	}
	// None of these took the transaction from its owner.
	if _, err := r.callback(good); err != nil {
		t.Error(err)
	}
}

func TestRP12_ProviderInTrouble(t *testing.T) {
	const page = "<html><body>Request Rejected</body></html>"
	type fault struct {
		handler http.HandlerFunc
		kind    signin.Kind
		reason  string
	}
	faults := map[string]fault{
		"hangs":     {signintest.Hang, signin.Slow, "timeout"},
		"500":       {signintest.Fixed(500, "application/json", `{}`), signin.Down, "status_500"},
		"503 page":  {signintest.Fixed(503, "text/html", page), signin.Down, "status_503"},
		"429":       {signintest.Fixed(429, "text/html", page), signin.Down, "status_429"},
		"HTML":      {signintest.Fixed(200, "text/html", page), signin.WrongAnswer, "not_json"},
		"empty":     {signintest.Fixed(200, "application/json", ``), signin.WrongAnswer, "not_json"},
		"half":      {signintest.Fixed(200, "application/json", `{"issuer":`), signin.WrongAnswer, "not_json"},
		"a list":    {signintest.Fixed(200, "application/json", `[]`), signin.WrongAnswer, "not_json"},
		"oversized": {signintest.Fixed(200, "application/json", `{"x":"`+strings.Repeat("y", 1<<20)+`"}`), signin.WrongAnswer, "oversized"},
		"redirect":  {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 302) }, signin.WrongAnswer, "redirect"},
		"hangs up":  {func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }, signin.Down, "unreachable"},
		"stops half": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "99")
			w.Write([]byte("{"))
		}, signin.Down, "unreachable"},
	}
	for _, endpoint := range []string{"discovery", "token", "keys", "userinfo"} {
		for name, f := range faults {
			t.Run(endpoint+" "+name, func(t *testing.T) {
				t.Parallel()
				// A second stands for the ten; only "hangs" waits for it.
				limit := 10 * time.Second
				if f.kind == signin.Slow {
					limit = time.Second
				}
				r := one(t, func(p *signin.Provider) { p.Timeout = limit })
				r.op.Answer(endpoint, f.handler)
				var err error
				if endpoint == "discovery" {
					_, err = r.s.Start(context.Background(), signin.Request{ReturnTo: "/a", BrowserToken: r.browser})
				} else {
					_, err = r.callback(r.begin("/a"))
				}
				if got := wantFailure(t, err, f.kind, endpoint+"_"+f.reason); got.ReturnTo != "/a" {
					t.Errorf("ReturnTo = %q", got.ReturnTo)
				}
			})
		}
	}
	t.Run("gone", func(t *testing.T) {
		r := one(t)
		q := r.begin("/a")
		r.op.Stop()
		_, err := r.s.Start(context.Background(), signin.Request{ReturnTo: "/b", BrowserToken: r.browser})
		if f := wantFailure(t, err, signin.Down, "discovery_unreachable"); f.ReturnTo != "/b" {
			t.Errorf("ReturnTo = %q", f.ReturnTo)
		}
		_, err = r.callback(q)
		wantFailure(t, err, signin.Down, "")
	})
	t.Run("404 at userinfo", func(t *testing.T) {
		r := one(t)
		r.op.Answer("userinfo", signintest.Fixed(404, "text/html", page))
		_, err := r.callback(r.begin("/a"))
		wantFailure(t, err, signin.WrongAnswer, "userinfo_status_404")
	})
}

func TestRP12_ErrorResponses(t *testing.T) {
	for code, want := range map[string]struct {
		kind   signin.Kind
		reason string
	}{
		"access_denied":           {signin.Cancelled, "access_denied"},
		"server_error":            {signin.Down, "server_error"},
		"temporarily_unavailable": {signin.Down, "temporarily_unavailable"},
		"login_required":          {signin.Refused, "login_required"},
		"invalid_scope":           {signin.Refused, "invalid_scope"},
		"<script>":                {signin.Refused, "other_error"},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			r := one(t)
			q := r.begin("/a")
			q.Del("code")
			q.Set("error", code)
			q.Set("error_description", "0900 000 001")
			_, err := r.callback(q)
			if f := wantFailure(t, err, want.kind, want.reason); f.ReturnTo != "/a" {
				t.Errorf("ReturnTo = %q", f.ReturnTo)
			}
		})
	}
}

func TestRP11_SignOutURL(t *testing.T) {
	ctx := context.Background()
	r := one(t, func(p *signin.Provider) { p.SignOutTimeout, p.Timeout = time.Second, 2*time.Second })
	out := signin.SignOut{IDToken: "a.b.c", ReturnURL: "http://localhost:8080/da-dang-xuat", State: "s", UILocales: "vi"}
	address, err := r.s.SignOutURL(ctx, out)
	if err != nil {
		t.Fatal(err)
	}
	q := query(t, address)
	for name, want := range map[string]string{
		"id_token_hint": "a.b.c", "client_id": signintest.ClientID, "state": "s",
		"post_logout_redirect_uri": out.ReturnURL, "ui_locales": "vi",
	} {
		if q.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, q.Get(name), want)
		}
	}
	t.Run("a provider without one", func(t *testing.T) {
		r.op.Metadata = func(m map[string]any) { delete(m, "end_session_endpoint") }
		if address, err := r.s.SignOutURL(ctx, out); address != "" || err != nil {
			t.Errorf("%q, %v", address, err)
		}
	})
	t.Run("slow", func(t *testing.T) {
		r.op.Answer("discovery", signintest.Hang)
		_, err := r.s.SignOutURL(ctx, out)
		wantFailure(t, err, signin.Slow, "discovery_timeout")
	})
	t.Run("down", func(t *testing.T) {
		// Another relying party: a question under way answers all who ask.
		r := one(t)
		r.op.Stop()
		_, err := r.s.SignOutURL(ctx, out)
		wantFailure(t, err, signin.Down, "")
	})
}

func TestNoCallInsideATransaction(t *testing.T) {
	r := one(t)
	err := r.db.WithTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := r.s.Start(ctx, signin.Request{BrowserToken: r.browser})
		return err
	})
	if err == nil || signin.AsFailure(err) != nil || r.op.Calls("discovery") != 0 {
		t.Errorf("error = %v after %d calls", err, r.op.Calls("discovery"))
	}
}

func TestSettings(t *testing.T) {
	ok := signin.Provider{Issuer: "https://id.example", ClientID: "c", RedirectURL: "https://p.example/r"}
	for name, change := range map[string]func(*signin.Provider){
		"no issuer":         func(p *signin.Provider) { p.Issuer = "" },
		"issuer over http":  func(p *signin.Provider) { p.Issuer = "http://id.example" },
		"no client":         func(p *signin.Provider) { p.ClientID = "" },
		"redirect relative": func(p *signin.Provider) { p.RedirectURL = "/r" },
		"no openid":         func(p *signin.Provider) { p.Scopes = []string{"profile"} },
	} {
		p := ok
		change(&p)
		if _, err := signin.New(nil, nil, nil, p); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	s, err := signin.New(nil, nil, nil, ok)
	if err != nil || s.IssuerOrigin() != "https://id.example" {
		t.Errorf("%v", err)
	}
	var f *signin.Failure
	if errors.As(err, &f) {
		t.Error("a wrong setting is no failure of a sign-in")
	}
}
