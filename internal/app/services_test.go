package app_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

// outside is a service of another authority that uses the provider.
type outside struct {
	*apptest.App
	t      *testing.T
	server *httptest.Server
	secret string
}

const outsideVerifier = "motcua-verifier-motcua-verifier-motcua-verifier"

func newOutside(t *testing.T, a *apptest.App) *outside {
	o := &outside{App: a, t: t, server: httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("thư viện")) }))}
	t.Cleanup(o.server.Close)
	var err error
	o.secret, err = a.Provider.AddClient(t.Context(), audit.System, oidcop.Client{ID: "thu-vien", Name: "Thư viện tỉnh", NameEN: "Library", SMSName: "Thu vien",
		Purpose: "Cấp thẻ bạn đọc", PurposeEN: "Cards", RedirectURIs: []string{o.server.URL + "/ve"}, PostLogoutURIs: []string{o.server.URL + "/da-ra"},
		SignInURL: o.server.URL + "/vao", Scopes: []string{"openid", "profile"}, FrontchannelLogoutURI: o.server.URL + "/het-phien", Refresh: true})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// address is an authorization request of the service.
func (o *outside) address() string {
	sum := sha256.Sum256([]byte(outsideVerifier))
	return o.ID + "/authorize?" + url.Values{"response_type": {"code"}, "client_id": {"thu-vien"}, "redirect_uri": {o.server.URL + "/ve"},
		"scope": {"openid profile"}, "state": {"s"}, "nonce": {"n"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])},
		"code_challenge_method": {"S256"}}.Encode()
}

// signIn goes as far as the question.
func (o *outside) signIn(c *apptest.Client) *apptest.Page {
	o.t.Helper()
	person := demo.Citizens[0]
	p := c.Get(o.address())
	p = c.Submit(p.FindForm("/dang-nhap"), "ten", person.Number, "mk", demo.CitizenPassword)
	return c.Submit(p.FindForm("/ma-otp"), "ma", o.OTP(person.Phone))
}

// idToken exchanges the code that a page's address brought.
func (o *outside) idToken(p *apptest.Page) string {
	o.t.Helper()
	resp, err := http.PostForm(o.ID+"/token", url.Values{"grant_type": {"authorization_code"}, "code": {p.URL.Query().Get("code")}, "redirect_uri": {o.server.URL + "/ve"},
		"code_verifier": {outsideVerifier}, "client_id": {"thu-vien"}, "client_secret": {o.secret}})
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var out struct {
		ID string `json:"id_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.ID == "" {
		o.t.Fatalf("%s: %d %v", p.URL, resp.StatusCode, err)
	}
	return out.ID
}

func TestOP20_ThePersonIsAskedOnAPage(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		o := newOutside(t, apptest.Start(t, apptest.Options{Dialect: dialect}))
		c := o.NewClient(t)
		p := o.signIn(c)
		if p.URL.Path != "/dong-y" || !strings.Contains(p.Text(), "Thư viện tỉnh") || !strings.Contains(p.Text(), "Cấp thẻ bạn đọc") ||
			!strings.Contains(p.Text(), "Họ tên, ngày sinh, giới tính") || strings.Contains(p.Text(), "Số điện thoại") || !strings.Contains(p.Header.Get("Content-Security-Policy"), o.server.URL) {
			t.Fatalf("%s %v\n%s", p.URL, p.Header, p.Text())
		}
		if no := c.Submit(p.FindForm("/dang-nhap/huy")); no.URL.Query().Get("error") != "access_denied" || no.URL.Query().Get("code") != "" {
			t.Errorf("no: %s", no.URL)
		}
		p = c.Get(o.address())
		yes := c.Submit(p.FindForm("/dong-y"))
		if yes.URL.Query().Get("code") == "" || yes.URL.Query().Get("state") != "s" {
			t.Fatalf("yes: %s", yes.URL)
		}
		c.Get(o.ID + "/")
		if back := c.PostForm(o.ID+"/dong-y", url.Values{"yc": p.FindForm("/dong-y").Values["yc"]}); back.URL.Host != strings.TrimPrefix(o.server.URL, "http://") || back.URL.Path != "/vao" {
			t.Errorf("yes twice: %s", back.URL)
		}
		if again := c.Get(o.address()); again.URL.Query().Get("code") == "" {
			t.Errorf("asked again: %s", again.URL)
		}
		// The question belongs to the browser that it was put to.
		other := o.NewClient(t)
		if p := other.Get(o.ID + "/dong-y?yc=" + p.URL.Query().Get("yc")); p.URL.Path == "/dong-y" && len(p.Find("form", "action", "/dong-y")) > 0 {
			t.Errorf("another browser sees the question")
		}
	})
}

func TestOP15_TheSignedOutPageFramesTheServicesOfTheSessionAlone(t *testing.T) {
	each(t, func(t *testing.T, dialect db.Dialect) {
		o := newOutside(t, apptest.Start(t, apptest.Options{Dialect: dialect}))
		c := o.NewClient(t)
		in := c.Submit(o.signIn(c).FindForm("/dong-y"))
		idToken := o.idToken(in)
		p := c.Get(o.ID + "/end_session?" + url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {o.server.URL + "/da-ra"}, "state": {"t"}}.Encode())
		if p.URL.Path != "/end_session" || strings.Count(p.Body, "data-khung=") != 1 || !strings.Contains(p.Body, o.server.URL+"/het-phien?iss=") {
			t.Fatalf("%s %d\n%s", p.URL, p.Status, p.Body)
		}
		if csp := p.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "; frame-src "+o.server.URL) || p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", p.Header)
		}
		if next := p.Find("a", "href", o.server.URL+"/da-ra?state=t"); len(next) != 1 {
			t.Errorf("no way on:\n%s", p.Body)
		}
		p = c.Get(o.ID + "/end_session?" + url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {o.server.URL + "/da-ra"}}.Encode())
		if p.URL.Path != "/da-ra" {
			t.Errorf("nobody to tell: %s", p.URL)
		}
		if home := c.Get(o.ID + "/"); strings.Contains(home.Header.Get("Content-Security-Policy"), "frame-src") {
			t.Error("other pages may frame, too")
		}
	})
}
