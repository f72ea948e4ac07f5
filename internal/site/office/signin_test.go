package office

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"motcua/internal/org"
)

func TestPW05_UnknownAndWrongLookAlike(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.duyen()
		b := r.browser()
		wrong := b.post(pathSignIn, "ten", "duyen.ltm", "mk", "sai")
		b.says(wrong, http.StatusUnprocessableEntity, "Tên đăng nhập hoặc mật khẩu không đúng, hoặc tài khoản đang tạm khóa.", "Lỗi:")
		unknown := b.post(pathSignIn, "ten", "nobody.here", "mk", "sai")
		if got := strings.ReplaceAll(unknown.body, "nobody.here", "duyen.ltm"); got != wrong.body || unknown.StatusCode != wrong.StatusCode {
			t.Error("an unknown username is told apart from a wrong password")
		}
		if strings.Contains(wrong.body, "sai") || strings.Contains(r.log.String(), "duyen") {
			t.Error("what was typed is written back or logged")
		}
	})
}

func TestSignInLeadsWhereThePersonWanted(t *testing.T) {
	r := one(t)
	r.duyen()
	b := r.browser()
	b.leads(b.get(pathProfile), pathSignIn+"?ve="+url.QueryEscape(pathProfile))
	b.says(b.get(pathSignIn+"?ve="+url.QueryEscape(pathProfile)), http.StatusOK, "Tên đăng nhập", "Mật khẩu", "Đăng nhập bằng VNeID", "Quên mật khẩu", "trở lại đúng trang")
	b.leads(b.post(pathSignIn, "ten", " Duyen.LTM ", "mk", password, "ve", pathProfile), pathProfile)
	b.says(b.get(pathProfile), http.StatusOK, "Lê Thị Mỹ Duyên")
	if refused := r.browser().post(pathSignIn, "ten", "x", "mk", "", "ve", pathProfile); !strings.Contains(refused.body, "login%3fve%3d%252Fhethong%252Ftrang-ca-nhan") {
		t.Errorf("changing the language after a refusal loses the way back:\n%s", refused.body)
	}
	b.leads(b.get(pathSignIn), pathHome)
	b.leads(b.get("/"), pathHome)

	for _, evil := range []string{"//evil.example", "https://evil.example/hethong", "/hethong/../x", "/khac", PathCallback + "/doi-chieu?phien=x", pathSignIn} {
		other := r.browser()
		other.leads(other.post(pathSignIn, "ten", "duyen.ltm", "mk", password, "ve", evil), pathHome)
	}
}

func TestDefaultPageThatIsNoLongerAllowedFallsBackToHome(t *testing.T) {
	r := one(t)
	o := r.duyen()
	b := r.browser()
	b.signIn("duyen.ltm")
	v := b.visit()
	p, err := r.org.Profile(t.Context(), o.ID)
	r.must(err)
	choice := v.Posts[1].ID + ":" + string(org.PageProfile)
	_, err = r.org.SaveProfile(t.Context(), v, org.Edit{Version: p.Version, Name: p.Name, Sex: "female", Day: "27", Month: "3", Year: "1991",
		Number: "099191004271", Phone: "0900000412", DefaultPage: choice})
	r.must(err)

	again := r.browser()
	again.leads(again.post(pathSignIn, "ten", "duyen.ltm", "mk", password), pathProfile)
	if got := again.visit().Post.ID; got != v.Posts[1].ID {
		t.Errorf("the default page opens under post %s", got)
	}
	r.must(r.org.EndPost(t.Context(), console, o.ID, v.Posts[1].ID))
	third := r.browser()
	third.leads(third.post(pathSignIn, "ten", "duyen.ltm", "mk", password), pathHome+"?tin=trang")
	third.says(third.get(pathHome+"?tin=trang"), http.StatusOK, "Trang mặc định bạn đã chọn không còn thuộc quyền của bạn")
}

func TestOfficersPagesStayInsideTheAllowedNetworks(t *testing.T) {
	r := one(t, netip.MustParsePrefix("10.1.0.0/16"))
	r.duyen()
	b := r.browser()
	b.signIn("duyen.ltm")
	b.says(b.get(pathHome), http.StatusOK, "Trang chủ")
	b.address = "192.0.2.7:99"
	b.says(b.get(pathHome), http.StatusForbidden, "chỉ mở được từ mạng của cơ quan")
	b.says(b.get(pathSignIn), http.StatusForbidden)
	b.says(b.post(pathSignIn, "ten", "duyen.ltm", "mk", password), http.StatusForbidden)
	b.says(r.browser().get("/"), http.StatusOK, "Một cửa điện tử")
}

func TestForcedChangeComesBeforeThePage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.duyen()
		initial, err := r.org.ResetOfficer(t.Context(), console, "duyen.ltm")
		r.must(err)
		b := r.browser()
		change := pathPassword + "?ve=" + url.QueryEscape(pathProfile)
		b.leads(b.post(pathSignIn, "ten", "duyen.ltm", "mk", initial, "ve", pathProfile), change)
		b.leads(b.get(pathHome), pathSignIn)
		b.says(b.get(change), http.StatusOK, "Đặt mật khẩu của bạn", "Ít nhất 12 ký tự")
		b.says(b.post(pathPassword, "mk-moi", "ngan", "mk-lai", "ngan"), http.StatusUnprocessableEntity, "12")
		b.says(b.post(pathPassword, "mk-moi", "con ngua xanh chay", "mk-lai", "con ngua do chay"), http.StatusUnprocessableEntity, "không giống nhau")
		b.says(b.post(pathPassword, "mk-moi", initial, "mk-lai", initial), http.StatusUnprocessableEntity, "phải khác")
		b.leads(b.post(pathPassword, "mk-moi", "con ngua xanh chay", "mk-lai", "con ngua xanh chay", "ve", pathProfile), pathProfile)
		b.says(b.get(pathHome), http.StatusOK, "Trang chủ")
	})
}

func TestTOTP01_AdministrationAsksForASecondFactor(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		r.officer("tri.nq", "", org.NewPost{Role: org.RoleAdmin})
		b := r.browser()
		b.leads(b.post(pathSignIn, "ten", "tri.nq", "mk", password), pathSecond)
		b.leads(b.get(pathHome), pathSignIn)
		page := b.get(pathSecond)
		b.says(page, http.StatusOK, "Xác thực hai lớp", "quét hình")
		key, code := b.codeOn(page)
		b.says(b.post(pathSecond, "ma", "000000"), http.StatusUnprocessableEntity, "Mã không khớp")
		done := b.post(pathSecond, "ma", code)
		b.says(done, http.StatusOK, "Mã khôi phục của bạn", "Tôi đã cất các mã này")
		recovery := regexpCode.FindAllString(done.body, -1)
		if len(recovery) < 8 {
			t.Fatalf("%d recovery codes:\n%s", len(recovery), text(done.body))
		}
		b.says(b.get("/hethong/quan-tri/can-bo"), http.StatusOK, "Cán bộ")
		if again := b.get(pathSecond); strings.Contains(again.body, recovery[0]) || strings.Contains(again.body, "t-bimat") {
			t.Error("the secret or the recovery codes are shown again")
		}

		// The same code again is refused, the next one opens, a recovery code
		// opens once.
		other := r.browser()
		other.leads(other.post(pathSignIn, "ten", "tri.nq", "mk", password), "/hethong/ma-xac-thuc")
		other.says(other.get("/hethong/ma-xac-thuc"), http.StatusOK, "mã khôi phục")
		other.says(other.post("/hethong/ma-xac-thuc", "ma", code), http.StatusUnprocessableEntity, "Bạn còn 4 lần nhập")
		r.clk.Advance(30 * time.Second)
		other.leads(other.post("/hethong/ma-xac-thuc", "ma", nextCode(key, r.clk.Now())), pathHome)

		third := r.browser()
		third.leads(third.post(pathSignIn, "ten", "tri.nq", "mk", password), "/hethong/ma-xac-thuc")
		third.leads(third.post("/hethong/ma-xac-thuc", "ma", strings.ToLower(recovery[0])), pathHome)
		fourth := r.browser()
		fourth.leads(fourth.post(pathSignIn, "ten", "tri.nq", "mk", password), "/hethong/ma-xac-thuc")
		fourth.says(fourth.post("/hethong/ma-xac-thuc", "ma", recovery[0]), http.StatusUnprocessableEntity)
	})
}

func TestFiveWrongCodesEndTheSignIn(t *testing.T) {
	r := one(t)
	r.duyen()
	b := r.browser()
	b.signIn("duyen.ltm")
	b.leads(b.post(pathSecond, "quyen", b.visit().Post.ID, "viec", "bat", "mk", password), pathSecond)
	_, code := b.codeOn(b.get(pathSecond))
	b.says(b.post(pathSecond, "quyen", b.visit().Post.ID, "viec", "ma", "ma", code), http.StatusOK, "Mã khôi phục của bạn")

	other := r.browser()
	other.leads(other.post(pathSignIn, "ten", "duyen.ltm", "mk", password), "/hethong/ma-xac-thuc")
	for range 4 {
		other.says(other.post("/hethong/ma-xac-thuc", "ma", "000000"), http.StatusUnprocessableEntity, "Mã không đúng")
	}
	other.says(other.post("/hethong/ma-xac-thuc", "ma", "000000"), http.StatusGone, "đăng nhập lại từ đầu")
	other.says(other.get("/hethong/ma-xac-thuc"), http.StatusGone)
}
