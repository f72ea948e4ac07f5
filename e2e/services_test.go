package e2e_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"motcua/e2e/browser"
	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

// library is a service of another authority, which keeps what it was asked.
type library struct {
	*httptest.Server
	mu    sync.Mutex
	asked []*url.URL
}

func (l *library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.asked = append(l.asked, r.URL)
	l.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!doctype html><html lang="vi"><title>Thư viện</title><p>Thư viện tỉnh</p></html>`))
}

// at is what the service was asked under a path, the last time.
func (l *library) at(path string) (url.Values, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.asked) - 1; i >= 0; i-- {
		if l.asked[i].Path == path {
			return l.asked[i].Query(), true
		}
	}
	return nil, false
}

// A person signs in to a service of another authority, agrees, and signs out;
// their browser tells the service.
func TestOP15_OP20_AServiceOfAnotherAuthorityInABrowser(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	l := &library{}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	secret, err := a.Provider.AddClient(t.Context(), audit.System, oidcop.Client{ID: "thu-vien", Name: "Thư viện tỉnh", NameEN: "Provincial library", SMSName: "Thu vien",
		Purpose: "Cấp thẻ bạn đọc", PurposeEN: "Reader's cards", RedirectURIs: []string{l.URL + "/ve"}, PostLogoutURIs: []string{l.URL + "/da-ra"},
		SignInURL: l.URL + "/vao", Scopes: []string{"openid", "profile", "phone", "vneid"}, FrontchannelLogoutURI: l.URL + "/het-phien"})
	if err != nil {
		t.Fatal(err)
	}
	const verifier = "motcua-verifier-motcua-verifier-motcua-verifier"
	sum := sha256.Sum256([]byte(verifier))
	tab := browser.New(t)
	watch := tab.Watch(a.ID, l.URL)
	signIn := func() string {
		tab.Open(a.ID + "/authorize?" + url.Values{"response_type": {"code"}, "client_id": {"thu-vien"}, "redirect_uri": {l.URL + "/ve"},
			"scope": {"openid profile phone vneid"}, "state": {"s"}, "nonce": {"n"}, "prompt": {"consent"},
			"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"}}.Encode())
		if browser.Eval[bool](tab, `!!document.querySelector("#ten")`) {
			tab.Type("#ten", demo.Citizens[0].Number)
			tab.Type("#mk", demo.CitizenPassword)
			tab.Press(`form[action^="/dang-nhap?"] [type="submit"]`)
			tab.Type("#ma", a.OTP(demo.Citizens[0].Phone))
			tab.Press(`form[action^="/ma-otp?"] [type="submit"]`)
		}
		tab.See("Cấp thẻ bạn đọc")
		for _, px := range []int{320, 390, 1280} {
			tab.Width(px)
			tab.NoBarriers("the question")
		}
		tab.Press(`form[action="/dong-y"] [type="submit"]`)
		tab.See("Thư viện tỉnh")
		q, _ := l.at("/ve")
		resp, err := http.PostForm(a.ID+"/token", url.Values{"grant_type": {"authorization_code"}, "code": {q.Get("code")}, "redirect_uri": {l.URL + "/ve"},
			"code_verifier": {verifier}, "client_id": {"thu-vien"}, "client_secret": {secret}})
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var out struct {
			ID string `json:"id_token"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || out.ID == "" {
			t.Fatalf("%d %v", resp.StatusCode, err)
		}
		return out.ID
	}
	out := func(idToken string) {
		tab.Open(a.ID + "/end_session?" + url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {l.URL + "/da-ra"}}.Encode())
	}

	out(signIn())
	tab.See("đã gửi yêu cầu đăng xuất")
	if q, ok := l.at("/het-phien"); !ok || q.Get("iss") != a.ID || q.Get("sid") == "" {
		t.Errorf("the service was asked %v", q)
	}
	tab.Until(`location.pathname === "/da-ra"`)
	watch.Quiet("signing out")

	// Without script the page says that nobody was told, and has a way on.
	idToken := signIn()
	tab.Script(false)
	out(idToken)
	tab.See("chưa báo cho các dịch vụ")
	tab.Press("[data-tiep]")
	tab.Until(`location.pathname === "/da-ra"`)
}
