package office

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/org"
)

func TestSES01_IdleLocksAndTheSamePageFollows(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.duyen()
		b := r.browser()
		b.signIn("duyen.ltm")
		r.clk.Advance(29 * time.Minute)
		b.says(b.get(pathProfile), http.StatusOK, "Trang cá nhân")
		r.clk.Advance(30 * time.Minute)
		lock := pathUnlock + "?ve=" + url.QueryEscape(pathProfile)
		b.leads(b.get(pathProfile), lock)
		b.says(b.get(lock), http.StatusOK, "Màn hình đã khóa", "Lê Thị Mỹ Duyên")
		if a := b.get("/hethong/khong-co"); strings.Contains(text(a.body), "Trang cá nhân") {
			t.Error("a locked officer's menu is shown")
		}
		before := b.cookies["__Host-motcua-office-s"].Value
		b.says(b.post(pathUnlock, "mk", "sai", "ve", pathProfile), http.StatusUnprocessableEntity, "Bạn còn 4 lần nhập")
		b.leads(b.post(pathUnlock, "mk", password, "ve", pathProfile), pathProfile)
		if b.cookies["__Host-motcua-office-s"].Value == before {
			t.Error("SES-02: the session keeps its id")
		}
		b.says(b.get(pathProfile), http.StatusOK, "Trang cá nhân")
	})
}

func TestLockedScreenAnswersScripts(t *testing.T) {
	r := one(t)
	r.duyen()
	b := r.browser()
	b.signIn("duyen.ltm")
	b.json = true
	if a := b.post("/hethong/phien/tiep-tuc"); a.StatusCode != http.StatusOK || a.body != `{"left":1800}` {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := b.post("/hethong/khoa"); a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"locked":true`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := b.post("/hethong/phien/tiep-tuc"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a locked screen can be prolonged: %d %s", a.StatusCode, a.body)
	}
	if a := b.get(pathHome); a.StatusCode != http.StatusUnauthorized || strings.Contains(a.body, "Duyên") {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	for i := range 4 {
		if a := b.post(pathUnlock, "mk", "sai"); strings.Contains(a.body, "left") || !strings.Contains(a.body, "Mật khẩu không đúng") {
			t.Errorf("try %d: %d %s", i, a.StatusCode, a.body)
		}
	}
	if a := b.post(pathUnlock, "mk", "sai", "ve", pathProfile); strings.Contains(a.body, "left") || !strings.Contains(a.body, `"to":"/hethong/login?ve=`) {
		t.Errorf("%d %s", a.StatusCode, a.body)
	}
	if a := b.post(pathUnlock, "mk", password); strings.Contains(a.body, "left") {
		t.Errorf("unlocked after five wrong ones: %d %s", a.StatusCode, a.body)
	}
}

func TestAFormSentBehindALockedScreenIsGivenBack(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.duyen()
		r.officer("khac.nv", "", org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		b := r.browser()
		b.signIn("duyen.ltm")
		post := b.visit().Post.ID
		r.clk.Advance(31 * time.Minute)
		// A button of the frame is not a form to be kept.
		b.leads(b.post("/hethong/khoa", "ve", pathProfile), pathUnlock+"?ve="+url.QueryEscape(pathProfile))
		a := b.post(pathEdit, "quyen", post, "ho-ten", "Lê Thị Mỹ Duyên <b>", "mk", "bi mat", "bl-mk", "bi mat hai")
		to, err := url.Parse(a.to())
		r.must(err)
		kept := to.Query().Get("ve")
		if to.Path != pathUnlock || !strings.HasPrefix(kept, pathKept) {
			t.Fatalf("leads to %q", a.to())
		}
		// Nobody else gets it, not even in the same browser.
		other := r.browser()
		other.signIn("khac.nv")
		other.says(other.get(kept), http.StatusGone)

		b.leads(b.post(pathUnlock, "mk", password, "ve", kept), kept)
		page := b.get(kept)
		b.says(page, http.StatusOK, "Biểu mẫu của bạn chưa được gửi", "Gửi tiếp")
		if !strings.Contains(page.body, `name="ho-ten" value="Lê Thị Mỹ Duyên &lt;b&gt;"`) || !strings.Contains(page.body, `action="`+pathEdit+`"`) {
			t.Errorf("the form is not there:\n%s", page.body)
		}
		if strings.Contains(page.body, "bi mat") {
			t.Error("a password was kept")
		}
		b.says(b.get(kept), http.StatusGone, "đã được lấy ra")
	})
}

func TestAFormSentAfterTheSessionIsGivenBackAfterSigningIn(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.duyen()
		r.officer("khac.nv", "", org.NewPost{Unit: "H31.1", Role: org.RoleReception})
		b := r.browser()
		b.signIn("duyen.ltm")
		post := b.visit().Post.ID
		r.clk.Advance(12*time.Hour + time.Minute)
		a := b.post(pathEdit, "quyen", post, "ho-ten", "Lê Thị Mỹ Duyên")
		to, err := url.Parse(a.to())
		r.must(err)
		kept := to.Query().Get("ve")
		if to.Path != pathSignIn || !strings.HasPrefix(kept, pathKept) {
			t.Fatalf("leads to %q", a.to())
		}
		b.says(b.get(a.to()), http.StatusOK, "được giữ trong 15 phút")
		other := r.browser()
		other.leads(other.post(pathSignIn, "ten", "khac.nv", "mk", password, "ve", kept), kept)
		other.says(other.get(kept), http.StatusGone)
		b.leads(b.post(pathSignIn, "ten", "duyen.ltm", "mk", password, "ve", kept), kept)
		b.says(b.get(kept), http.StatusOK, "Gửi tiếp")
	})
}

func TestPostSwitchedInAnotherTabAsks(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.duyen()
		b := r.browser()
		b.signIn("duyen.ltm")
		v := b.visit()
		reception, handler := v.Posts[0].ID, v.Posts[1].ID
		b.leads(b.post("/hethong/doi-quyen", "chuc-vu", handler), pathHome+"?tin=quyen")
		b.says(b.get(pathHome+"?tin=quyen"), http.StatusOK, "Đã đổi sang quyền Chuyên viên xử lý", "Sở Tư pháp")

		form := []string{"ban", "1", "ho-ten", "Tên Khác", "gioi-tinh", "female", "ngay", "27", "thang", "3", "nam", "1991", "cccd", "099191004271", "dt", "0900000412", "mk", "bi mat"}
		for _, made := range []string{reception, "", "nonsense"} {
			a := b.post(pathEdit, append(form, "quyen", made)...)
			b.says(a, http.StatusConflict, "Quyền đã đổi ở thẻ khác", "Tiếp tục với quyền đang dùng", "Chưa có gì được lưu")
			if !strings.Contains(a.body, `name="ho-ten" value="Tên Khác"`) || !strings.Contains(a.body, `name="quyen" value="`+handler+`"`) || strings.Contains(a.body, "bi mat") {
				t.Errorf("made for %q: the values are not carried on, or too many:\n%s", made, a.body)
			}
		}
		if p, err := r.org.Profile(t.Context(), v.Officer.ID); err != nil || p.Name != "Lê Thị Mỹ Duyên" {
			t.Fatalf("a form of another post was saved: %q %v", p.Name, err)
		}
		if a := b.post(pathEdit, append(form, "quyen", handler)...); a.StatusCode == http.StatusConflict && strings.Contains(a.body, "thẻ khác") {
			t.Errorf("%d %s", a.StatusCode, text(a.body))
		}
	})
}

func TestOnlyOwnLivePostsCanBeTaken(t *testing.T) {
	r := one(t)
	o := r.duyen()
	admin := r.officer("tri.nq", "", org.NewPost{Role: org.RoleAdmin})
	b := r.browser()
	b.signIn("duyen.ltm")
	v := b.visit()
	theirs, err := r.org.Posts(t.Context(), r.db, admin.ID, r.clk.Now())
	r.must(err)
	r.must(r.org.EndPost(t.Context(), console, o.ID, v.Posts[1].ID))
	for _, id := range []string{theirs[0].ID, v.Posts[1].ID, "", "x"} {
		b.post("/hethong/doi-quyen", "chuc-vu", id)
		if got := b.visit().Post.ID; got != v.Posts[0].ID {
			t.Errorf("post %q became %q", id, got)
		}
	}
	b.says(b.get("/hethong/quan-tri/can-bo"), http.StatusForbidden, "Quyền bạn đang dùng không mở được trang này")
	b.says(b.get("/hethong/quan-tri/can-bo/them"), http.StatusForbidden, "Quyền bạn đang dùng không mở được trang này")
	if a := b.get(pathHome); strings.Contains(a.body, "/hethong/quan-tri") {
		t.Error("the menu leads where the post may not go")
	}
}

func TestSharedMachineForgets(t *testing.T) {
	r := one(t)
	r.duyen()
	r.officer("tri.nq", "", org.NewPost{Role: org.RoleUnitAdmin, Unit: "H31.1"}, org.NewPost{Role: org.RoleAdmin})
	admin := r.browser()
	admin.leads(admin.post(pathSignIn, "ten", "tri.nq", "mk", password), pathSecond)
	_, code := admin.codeOn(admin.get(pathSecond))
	admin.says(admin.post(pathSecond, "ma", code), http.StatusOK)
	v := admin.visit()
	for _, p := range v.Posts {
		if p.Role == org.RoleAdmin {
			r.must(r.org.SwitchPost(t.Context(), v, p.ID))
		}
	}
	r.must(r.org.AddSharedNetwork(t.Context(), admin.visit(), "10.9.0.0/24", "Quầy 1"))

	b := r.browser()
	b.address = "10.9.0.4:1"
	if a := b.get(pathSignIn); strings.Contains(a.body, "current-password") || strings.Contains(a.body, `autocomplete="username"`) {
		t.Error("the browser may keep the password on a shared machine")
	}
	b.leads(b.post(pathSignIn, "ten", "duyen.ltm", "mk", password), pathHome)
	b.says(b.get(pathHome), http.StatusOK, "Kết thúc và xóa phiên")
	r.clk.Advance(5*time.Minute + time.Second)
	b.leads(b.get(pathHome), pathUnlock)
	b.leads(b.post(pathUnlock, "mk", password), pathHome)
	a := b.post("/hethong/dang-xuat")
	b.leads(a, pathSignedOut)
	if got := a.Header.Get("Clear-Site-Data"); got != `"cache", "storage"` {
		t.Errorf("Clear-Site-Data %q", got)
	}
	b.says(b.get(pathSignedOut), http.StatusOK, "đã được xóa")
	b.leads(b.get(pathHome), pathSignIn)

	own := r.browser()
	own.signIn("duyen.ltm")
	if a := own.post("/hethong/dang-xuat"); a.Header.Get("Clear-Site-Data") != "" {
		t.Error("an own machine is cleared")
	}
}
