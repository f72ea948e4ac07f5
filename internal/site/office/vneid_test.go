package office

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/org"
)

// number is that of the person who signs in at the provider of these tests.
const number = "099190000001"

// via goes to the provider and brings what it answers back.
func (b *browser) via(start string) answer {
	b.t.Helper()
	a := b.get(start)
	if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.to(), b.op.Issuer()+"/authorize?") {
		b.t.Fatalf("%d to %q\n%s", a.StatusCode, a.to(), text(a.body))
	}
	u, err := url.Parse(a.to())
	b.must(err)
	if got := u.Query().Get("prompt"); got != "login" {
		b.t.Errorf("prompt=%q: a citizen who is signed in there would become the officer", got)
	}
	back := PathCallback + "?" + b.op.Grant(a.to()).Encode()
	if a := b.do(http.MethodHead, back, nil); a.StatusCode != http.StatusMethodNotAllowed {
		b.t.Errorf("HEAD: %d", a.StatusCode)
	}
	return b.get(back)
}

func TestVNeIDLinksOnceWithTheOwnPassword(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.officer("thu.nt", number, org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		b := r.browser()
		link := "/hethong/lien-ket?ve=" + url.QueryEscape(pathProfile)
		b.leads(b.via("/hethong/login/vneid?ve="+url.QueryEscape(pathProfile)), link)
		b.leads(b.get(pathHome), pathSignIn)
		b.says(b.get(link), http.StatusOK, "Liên kết tài khoản cán bộ", "thu.nt")
		b.says(b.post("/hethong/lien-ket", "mk", "sai"), http.StatusUnprocessableEntity, "Bạn còn 4 lần nhập")
		b.leads(b.post("/hethong/lien-ket", "mk", password, "ve", pathProfile), pathProfile)
		b.says(b.get(pathHome), http.StatusOK, "Lê Thị Mỹ Duyên")

		// From now on the link counts, not the number.
		r.op.Person = func(c map[string]any) { delete(c, "national_id") }
		other := r.browser()
		other.leads(other.via("/hethong/login/vneid"), pathHome)
		other.says(other.get(pathHome), http.StatusOK, "Lê Thị Mỹ Duyên")
	})
}

func TestVNeIDNeverOpensByASelfTypedNumber(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.officer("thu.nt", "", org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		b := r.browser()
		b.signIn("thu.nt")
		v := b.visit()
		p, err := r.org.Profile(t.Context(), v.Officer.ID)
		r.must(err)
		a := b.post(pathEdit, "quyen", v.Post.ID, "ban", "1", "ho-ten", p.Name, "gioi-tinh", "female", "ngay", "19", "thang", "5", "nam", "1990",
			"cccd", number, "dt", "0900000412")
		if a.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d %s", a.StatusCode, text(a.body))
		}
		other := r.browser()
		other.says(other.via("/hethong/login/vneid"), http.StatusForbidden, "Chưa có tài khoản cán bộ nào liên kết với bạn")
		other.leads(other.get(pathHome), pathSignIn)
	})
}

func TestVNeIDCompares(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.officer("thu.nt", number, org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		b := r.browser()
		b.signIn("thu.nt")
		b.leads(b.via(pathProfile+"/doi-chieu"), pathProfile)
		b.says(b.get(pathProfile), http.StatusOK, "Họ tên", "Ngày sinh")
		if p, err := r.org.Profile(t.Context(), b.visit().Officer.ID); err != nil || p.VerifiedAt != nil {
			t.Errorf("verified although the name differs: %v", err)
		}

		v := b.visit()
		a := b.post(pathEdit, "quyen", v.Post.ID, "ban", "1", "ho-ten", v.Officer.Name, "gioi-tinh", "female", "ngay", "19", "thang", "5", "nam", "1990",
			"cccd", number, "dt", "0900000412")
		if a.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d %s", a.StatusCode, text(a.body))
		}
		r.op.Person = func(c map[string]any) { c["name"] = "LÊ THỊ MỸ DUYÊN" }
		b.leads(b.via(pathProfile+"/doi-chieu"), pathProfile)
		b.says(b.get(pathProfile), http.StatusOK, "Đã đối chiếu với VNeID")
		if p, err := r.org.Profile(t.Context(), v.Officer.ID); err != nil || p.VerifiedAt == nil {
			t.Errorf("not verified: %v", err)
		}
	})
}

func TestVNeIDComparisonCountsInItsOwnSessionOnly(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.officer("thu.nt", "", org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		r.officer("khac.nv", number, org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		r.op.Person = func(c map[string]any) { c["name"] = "LÊ THỊ MỸ DUYÊN" }
		b := r.browser()
		b.signIn("khac.nv")
		v := b.visit()
		if a := b.post(pathEdit, "quyen", v.Post.ID, "ban", "1", "ho-ten", v.Officer.Name, "gioi-tinh", "female", "ngay", "19", "thang", "5", "nam", "1990",
			"cccd", number, "dt", "0900000412"); a.StatusCode != http.StatusSeeOther {
			t.Fatalf("%d %s", a.StatusCode, text(a.body))
		}
		b.leads(b.post("/hethong/dang-xuat"), pathSignedOut)
		b.signIn("thu.nt")
		begun := b.get(pathProfile + "/doi-chieu")

		// Meanwhile somebody else signs in with this browser.
		b.leads(b.post("/hethong/dang-xuat"), pathSignedOut)
		b.signIn("khac.nv")
		b.leads(b.get(PathCallback+"?"+r.op.Grant(begun.to()).Encode()), pathProfile)
		for _, name := range []string{"thu.nt", "khac.nv"} {
			o, err := r.org.Officer(t.Context(), r.db, name)
			r.must(err)
			if p, err := r.org.Profile(t.Context(), o.ID); err != nil || p.VerifiedAt != nil {
				t.Errorf("%s was compared with somebody: %v", name, err)
			}
		}

		// Nor does a comparison sign anybody in.
		begun = b.get(pathProfile + "/doi-chieu")
		b.leads(b.post("/hethong/dang-xuat"), pathSignedOut)
		b.leads(b.get(PathCallback+"?"+r.op.Grant(begun.to()).Encode()), pathSignIn+"?ve="+url.QueryEscape(pathProfile))
		b.leads(b.get(pathHome), pathSignIn)
	})
}

func TestVNeIDTellsWhatWentWrong(t *testing.T) {
	r := one(t)
	r.officer("thu.nt", number, org.NewPost{Unit: "H31.1", Role: org.RoleReception})
	b := r.browser()

	// A citizen signed in there long ago is not a fresh sign-in.
	r.op.AuthTime = func() time.Time { return r.clk.Now().Add(-10 * time.Minute) }
	b.says(b.via("/hethong/login/vneid"), http.StatusBadGateway, "không chấp nhận lần đăng nhập này", "tên và mật khẩu")
	r.op.AuthTime = r.clk.Now

	started := b.get("/hethong/login/vneid")
	answerOf := r.op.Grant(started.to()).Encode()
	stranger := r.browser()
	stranger.says(stranger.get(PathCallback+"?"+answerOf), http.StatusOK, "không còn dùng được")
	b.leads(b.get(PathCallback+"?"+answerOf), "/hethong/lien-ket")
	b.says(b.get(PathCallback+"?"+answerOf), http.StatusOK, "không còn dùng được")

	state, err := url.Parse(b.get("/hethong/login/vneid").to())
	r.must(err)
	q := url.Values{"state": {state.Query().Get("state")}, "error": {"access_denied"}, "iss": {r.op.Issuer()}}
	b.says(b.get(PathCallback+"?"+q.Encode()), http.StatusOK, "Bạn đã dừng đăng nhập")
}

// TestRP10_FrontChannelLogout ends what came through the provider's session,
// from a frame of the provider and of nobody else.
func TestRP10_FrontChannelLogout(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.officer("thu.nt", number, org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		b := r.browser()
		b.via("/hethong/login/vneid")
		b.leads(b.post("/hethong/lien-ket", "mk", password), pathHome)
		at := func(iss, sid string) string {
			return PathFrontLogout + "?" + url.Values{"iss": {iss}, "sid": {sid}}.Encode()
		}
		frame := r.browser()
		for _, address := range []string{PathFrontLogout, at("https://evil.example", "sid-1"), at(r.op.Issuer(), "")} {
			if a := frame.get(address); a.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %d", address, a.StatusCode)
			}
		}
		b.says(b.get(pathHome), http.StatusOK, "Lê Thị Mỹ Duyên")
		a := frame.get(at(r.op.Issuer(), "sid-1"))
		if csp := a.Header.Get("Content-Security-Policy"); a.StatusCode != http.StatusOK || a.Header.Get("Cache-Control") != "no-store" ||
			!strings.Contains(csp, "frame-ancestors "+r.op.Issuer()+";") {
			t.Errorf("%d %q %q", a.StatusCode, a.Header.Get("Cache-Control"), csp)
		}
		b.leads(b.get(pathHome), pathSignIn)
	})
}
