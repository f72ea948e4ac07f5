package signin_test

import (
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

// A negative is one thing that is wrong with a sign-in that is otherwise in
// order, and what must come of it. Everything else is as in the control row of
// its profile, which succeeds: so nothing but the one thing can be the reason.
type negative struct {
	name    string
	profile string
	// set breaks the provider before the sign-in begins.
	set func(t *testing.T, r *rig)
	// query changes what the browser brings back, or plays another trick.
	query func(t *testing.T, r *rig, raw string) string
	// settings change ours.
	settings func(*signin.Provider)
	request  signin.Request

	kind   signin.Kind
	reason string
}

// TestNegatives drives each row through Start and Callback against the
// provider, and holds what the person and the log are told.
func TestNegatives(t *testing.T) {
	rows := negatives(t)
	if len(rows) < 300 {
		t.Errorf("%d rows, want 300 at least", len(rows))
	}
	names := map[string]bool{}
	for _, c := range rows {
		name := c.profile + "/" + c.name
		if names[name] {
			t.Errorf("two rows are named %q", name)
		}
		names[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			res, err := c.run(t)
			if res.Identity != (signin.Identity{}) || res.Tokens != (signin.Tokens{}) {
				t.Fatalf("somebody came in: %+v", res.Identity)
			}
			f := wantFailure(t, err, c.kind, c.reason)
			if f.Again != nil && f.Kind != signin.Expired {
				t.Errorf("begins again by itself after %s", f.Kind)
			}
		})
	}
	t.Logf("%d rows", len(rows))
}

// TestNegatives_ControlRows: untouched, every profile lets the person in.
func TestNegatives_ControlRows(t *testing.T) {
	for _, profile := range signin.Profiles {
		c := negative{profile: profile}
		res, err := c.run(t)
		if err != nil || res.Identity.Number != "099190000001" || res.ReturnTo != "/a" {
			t.Errorf("%s: %+v %v", profile, res, err)
		}
	}
}

func (c negative) run(t *testing.T) (signin.Result, error) {
	t.Helper()
	settings := c.settings
	if settings == nil {
		settings = func(*signin.Provider) {}
	}
	r := as(t, dbtest.New(t, db.SQLite), c.profile, settings)
	if c.set != nil {
		c.set(t, r)
	}
	q := c.request
	q.ReturnTo = "/a"
	raw := r.op.GrantRaw(r.start(q))
	if c.query != nil {
		raw = c.query(t, r, raw)
	}
	return r.come(raw)
}

func negatives(t *testing.T) []negative {
	var out []negative
	for _, group := range [][]negative{
		responseRows(), directResponseRows(), claimRows(), claimTypeRows(), signatureRows(t), tokenRows(), userinfoRows(),
		personTypeRows(), keyRows(t), otherProfileRows(), sealedRows(), levelRows(),
	} {
		out = append(out, group...)
	}
	return out
}

// Short hands for rows.

func query1(name, value string) func(*testing.T, *rig, string) string {
	return func(_ *testing.T, _ *rig, raw string) string {
		q, _ := url.ParseQuery(raw)
		q.Set(name, value)
		return q.Encode()
	}
}

func queryAdd(more string) func(*testing.T, *rig, string) string {
	return func(_ *testing.T, _ *rig, raw string) string { return raw + "&" + more }
}

func queryDel(name string) func(*testing.T, *rig, string) string {
	return func(_ *testing.T, _ *rig, raw string) string {
		q, _ := url.ParseQuery(raw)
		q.Del(name)
		return q.Encode()
	}
}

// asError makes an error of a response.
func asError(code string) func(*testing.T, *rig, string) string {
	return func(_ *testing.T, _ *rig, raw string) string {
		q, _ := url.ParseQuery(raw)
		q.Del("code")
		q.Set("error", code)
		q.Set("error_description", "eyJ secret words of the provider")
		return q.Encode()
	}
}

func claims(change func(map[string]any)) func(*testing.T, *rig) {
	return func(_ *testing.T, r *rig) { r.op.Claims = change }
}

func person(change func(map[string]any)) func(*testing.T, *rig) {
	return func(_ *testing.T, r *rig) { r.op.Person = change }
}

func tokens(change func(map[string]any)) func(*testing.T, *rig) {
	return func(_ *testing.T, r *rig) { r.op.Token = change }
}

func put(name string, v any) func(map[string]any) { return func(m map[string]any) { m[name] = v } }
func without(name string) func(map[string]any)    { return func(m map[string]any) { delete(m, name) } }

func answers(endpoint string, status int, kind, body string) func(*testing.T, *rig) {
	return func(_ *testing.T, r *rig) { r.op.Answer(endpoint, signintest.Fixed(status, kind, body)) }
}

const waf = "<html><head><title>Request Rejected</title></head><body>The requested URL was rejected. Please consult with your administrator.<br><br>Your support ID is: 1234</body></html>"

// brokenBodies are bodies that are not one JSON object, whoever sends them.
var brokenBodies = map[string]struct{ kind, body string }{
	"a firewall's page":                   {"text/html", waf},
	"a firewall's page that claims JSON":  {"application/json", waf},
	"an empty body":                       {"application/json", ""},
	"spaces":                              {"application/json", "  \n"},
	"a list":                              {"application/json", `[{"access_token":"access-x"}]`},
	"a text":                              {"application/json", `"access-x"`},
	"a number":                            {"application/json", `7`},
	"null":                                {"application/json", `null`},
	"true":                                {"application/json", `true`},
	"an object cut off":                   {"application/json", `{"access_token":"access-x","token_type":"Bea`},
	"an object cut off after a comma":     {"application/json", `{"access_token":"access-x",`},
	"two objects":                         {"application/json", `{}{"access_token":"access-x"}`},
	"an object with more behind":          {"application/json", `{"sub":"subject-1"} x`},
	"a comma too many":                    {"application/json", `{"sub":"subject-1",}`},
	"single quotes":                       {"application/json", `{'sub':'subject-1'}`},
	"a comment":                           {"application/json", `{/* */"sub":"subject-1"}`},
	"a byte order mark":                   {"application/json", "\ufeff" + `{"sub":"subject-1"}`},
	"UTF-16":                              {"application/json", "{\x00\"\x00s\x00\"\x00"},
	"XML":                                 {"application/xml", `<?xml version="1.0"?><token/>`},
	"a form":                              {"application/x-www-form-urlencoded", "access_token=access-x&token_type=bearer"},
	"JSON that says it is HTML":           {"text/html", `{"sub":"subject-1","access_token":"access-x"}`},
	"JSON that says it is text":           {"text/plain", `{"sub":"subject-1","access_token":"access-x"}`},
	"JSON that says it is a stream":       {"application/octet-stream", `{"sub":"subject-1","access_token":"access-x"}`},
	"JSON under a type that is none":      {";;", `{"sub":"subject-1","access_token":"access-x"}`},
	"JSON that says it is a signed token": {"application/jwt", `{"sub":"subject-1","access_token":"access-x"}`},
}

// statuses that are no answer, and what they mean.
var statuses = map[int]struct {
	kind   signin.Kind
	reason string
}{
	http.StatusCreated:              {signin.WrongAnswer, "status_201"},
	http.StatusNoContent:            {signin.WrongAnswer, "status_204"},
	http.StatusMovedPermanently:     {signin.WrongAnswer, "redirect"},
	http.StatusFound:                {signin.WrongAnswer, "redirect"},
	http.StatusSeeOther:             {signin.WrongAnswer, "redirect"},
	http.StatusTemporaryRedirect:    {signin.WrongAnswer, "redirect"},
	http.StatusPermanentRedirect:    {signin.WrongAnswer, "redirect"},
	http.StatusUnauthorized:         {signin.WrongAnswer, "status_401"},
	http.StatusForbidden:            {signin.WrongAnswer, "status_403"},
	http.StatusNotFound:             {signin.WrongAnswer, "status_404"},
	http.StatusMethodNotAllowed:     {signin.WrongAnswer, "status_405"},
	http.StatusUnsupportedMediaType: {signin.WrongAnswer, "status_415"},
	http.StatusTooManyRequests:      {signin.Down, "status_429"},
	http.StatusInternalServerError:  {signin.Down, "status_500"},
	http.StatusBadGateway:           {signin.Down, "status_502"},
	http.StatusServiceUnavailable:   {signin.Down, "status_503"},
	http.StatusGatewayTimeout:       {signin.Down, "status_504"},
}

// broken are the rows of brokenBodies, statuses and broken connections of an endpoint.
func broken(profile, endpoint string) (out []negative) {
	for name, b := range brokenBodies {
		out = append(out, negative{name: endpoint + " answers " + name, profile: profile,
			set: answers(endpoint, http.StatusOK, b.kind, b.body), kind: signin.WrongAnswer, reason: endpoint + "_not_json"})
	}
	for status, want := range statuses {
		body := `{}`
		if status == http.StatusNoContent {
			body = ""
		}
		// The body is in order: the status alone is wrong.
		row := negative{name: endpoint + " answers " + http.StatusText(status), profile: profile,
			set: answers(endpoint, status, "application/json", body), kind: want.kind, reason: endpoint + "_" + want.reason}
		if status == http.StatusNoContent && endpoint == "token" {
			row.reason = "token_not_json"
		}
		out = append(out, row)
	}
	return append(out, negative{name: endpoint + " answers too much", profile: profile,
		set:  answers(endpoint, http.StatusOK, "application/json", `{"sub":"`+strings.Repeat("x", 1<<20)+`"}`),
		kind: signin.WrongAnswer, reason: endpoint + "_oversized",
	}, negative{name: endpoint + " breaks off", profile: profile, set: func(_ *testing.T, r *rig) {
		r.op.Answer(endpoint, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"sub":`))
		})
	}, kind: signin.Down, reason: endpoint + "_unreachable",
	}, negative{name: endpoint + " says nothing", profile: profile, set: func(_ *testing.T, r *rig) {
		r.op.Answer(endpoint, signintest.Hang)
	}, settings: func(p *signin.Provider) { p.Timeout = 700 * time.Millisecond }, kind: signin.Slow, reason: endpoint + "_timeout"},
		negative{name: endpoint + " closes the connection", profile: profile, set: func(_ *testing.T, r *rig) {
			r.op.Answer(endpoint, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, kind: signin.Down, reason: endpoint + "_unreachable"})
}
