package office

import (
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"motcua/internal/identity"
	"motcua/internal/org"
)

// identityAdmin signs an administrator of identities in, second factor and
// all, and returns the browser and the post that forms carry.
func (r *rig) identityAdmin(username string) (*browser, string) {
	r.t.Helper()
	r.officer(username, "", org.NewPost{Role: org.RoleIdentityAdmin})
	b := r.browser()
	b.leads(b.post(pathSignIn, "ten", username, "mk", password), pathSecond)
	_, code := b.codeOn(b.get(pathSecond))
	b.says(b.post(pathSecond, "ma", code), http.StatusOK, "Mã khôi phục")
	return b, b.visit().Post.ID
}

func (r *rig) citizen(level int) identity.Account {
	r.t.Helper()
	hash := "x"
	a, _, err := r.ids.Add(r.t.Context(), console, identity.Account{Number: "099084001258", Name: "Nguyễn Hữu Ưỡng", BirthDate: "1984-03-27", Sex: "male",
		Phone: "+84900000678", Level: level, PasswordHash: &hash})
	r.must(err)
	return a
}

var letterCode = regexp.MustCompile(`<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</code>`)

func TestIdentityAdmin_FindsByNumberAndName(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.citizen(2)
		b, post := r.identityAdmin("diep.ctb")
		b.says(b.get(pathAccounts), http.StatusOK, "Tài khoản công dân", "Nhập đủ 12 chữ số")
		b.leads(b.post(pathAccounts+"/tim", "quyen", post, "tim", " 099 084.001 258"), pathAccounts+"/"+a.ID)
		b.says(b.post(pathAccounts+"/tim", "quyen", post, "tim", "099 084 001 259"), http.StatusOK, "chưa có tài khoản")
		b.says(b.post(pathAccounts+"/tim", "quyen", post, "tim", "0990"), http.StatusUnprocessableEntity, "bạn nhập 4")
		b.leads(b.post(pathAccounts+"/tim", "quyen", post, "tim", "huu uong"), pathAccounts+"?tim=huu+uong")
		b.says(b.get(pathAccounts+"?tim=huu+uong"), http.StatusOK, "Nguyễn Hữu Ưỡng", "…1258")
		b.says(b.get(pathAccounts+"?tim=x"), http.StatusUnprocessableEntity, "ít nhất hai chữ cái")
		page := b.get(pathAccounts + "/" + a.ID)
		b.says(page, http.StatusOK, "099 084 001 258", "…678", "Mức độ 2")
		if strings.Contains(page.body, "0900 000 678") || strings.Contains(page.body, "900000678") {
			t.Error("the whole phone number is shown")
		}
		b.says(b.get(pathAccounts+"/nobody"), http.StatusNotFound, "Không có tài khoản hoặc yêu cầu này")
	})
}

func TestIdentityAdmin_OnlyTheRightPost(t *testing.T) {
	r := one(t)
	a := r.citizen(2)
	r.duyen()
	b := r.browser()
	b.signIn("duyen.ltm")
	post := b.visit().Post.ID
	for _, path := range []string{pathAccounts, pathAccounts + "/" + a.ID, pathAccounts + "/them", pathRequests, pathRequests + "/x"} {
		b.says(b.get(path), http.StatusForbidden, "không có quyền")
	}
	for _, path := range []string{"/khoa", "/mo-khoa", "/phien", "/thu", "/so-dien-thoai", "/so-dinh-danh", "/muc-do"} {
		b.says(b.post(pathAccounts+"/"+a.ID+path, "quyen", post), http.StatusForbidden, "không có quyền")
	}
	b.says(b.post(pathRequests+"/x", "quyen", post, "quyet", "duyet"), http.StatusForbidden, "không có quyền")
}

func TestIdentityAdmin_FourEyesOnPages(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.citizen(2)
		diep, post := r.identityAdmin("diep.ctb")
		at := pathAccounts + "/" + a.ID
		diep.says(diep.post(at+"/so-dien-thoai", "quyen", post, "dt-moi", "123", "kt-dt", "card"), http.StatusUnprocessableEntity, "số di động")
		diep.says(diep.post(at+"/so-dien-thoai", "quyen", post, "dt-moi", "0900 000 777"), http.StatusUnprocessableEntity, "Chọn giấy tờ bạn đã kiểm tra")
		diep.leads(diep.post(at+"/so-dien-thoai", "quyen", post, "dt-moi", "0900 000 777", "kt-dt", "card"), at)
		diep.says(diep.get(at), http.StatusOK, "Một cán bộ quản trị định danh khác phải duyệt", "đang chờ duyệt")
		diep.says(diep.post(at+"/so-dien-thoai", "quyen", post, "dt-moi", "0900 000 778", "kt-dt", "card"), http.StatusUnprocessableEntity, "đang chờ duyệt rồi")
		list, err := r.ids.Waiting(t.Context(), identity.Clerk{})
		r.must(err)
		q := pathRequests + "/" + list[0].ID
		own := diep.get(q)
		diep.says(own, http.StatusOK, "Bạn đã gửi yêu cầu này", "Rút yêu cầu")
		if strings.Contains(own.body, `value="duyet"`) {
			t.Error("who asked is offered to approve")
		}
		diep.says(diep.post(q, "quyen", post, "quyet", "duyet"), http.StatusForbidden, "Bạn không duyệt hoặc từ chối được yêu cầu của chính mình")
		diep.says(diep.post(q, "quyen", post, "quyet", "tu-choi"), http.StatusForbidden, "yêu cầu của chính mình")

		loc, second := r.identityAdmin("loc.pd")
		loc.says(loc.get(pathRequests), http.StatusOK, "Đổi số điện thoại", "Lê Thị Mỹ Duyên", "Nguyễn Hữu Ưỡng")
		loc.says(loc.get(q), http.StatusOK, "0900 000 777", "Đã xem thẻ căn cước", "Duyệt", "Từ chối")
		loc.leads(loc.post(q, "quyen", second, "quyet", "duyet"), at)
		loc.says(loc.get(at), http.StatusOK, "Đã duyệt và thực hiện", "…777")
		loc.says(loc.post(q, "quyen", second, "quyet", "tu-choi"), http.StatusConflict, "đã được quyết định hoặc đã hết hạn")
		loc.says(loc.get(pathRequests), http.StatusOK, "Không có yêu cầu nào chờ duyệt")
	})
}

func TestIdentityAdmin_CreatesLocksAndPrintsLetters(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b, post := r.identityAdmin("diep.ctb")
		b.says(b.post(pathAccounts+"/them", "quyen", post, "nam", "12"), http.StatusUnprocessableEntity, "Có 7 ô cần sửa")
		form := []string{"quyen", post, "cccd", "099190000123", "ho-ten", " Trần  Thị Mới ", "ngay", "", "thang", "", "nam", "1990", "gioi-tinh", "female", "dt", "0900000777", "kiem-tra", "card"}
		made := b.post(pathAccounts+"/them", append(form, "muc", "1")...)
		if made.StatusCode != http.StatusSeeOther || !strings.HasPrefix(made.to(), pathAccounts+"/") {
			t.Fatalf("%d %s %s", made.StatusCode, made.to(), text(made.body))
		}
		at := made.to()
		b.says(b.get(at), http.StatusOK, "Đã tạo tài khoản", "Trần Thị Mới", "1990", "Mức độ 1", "Chưa đặt")
		b.says(b.post(pathAccounts+"/them", append(form, "muc", "1")...), http.StatusUnprocessableEntity, "đã có tài khoản")
		letter := b.post(at+"/thu", "quyen", post)
		b.says(letter, http.StatusOK, "Thư kích hoạt tài khoản", "099 190 000 123", "dat-mat-khau")
		if letter.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the letter may be kept: %q", letter.Header.Get("Cache-Control"))
		}
		m := letterCode.FindStringSubmatch(letter.body)
		if m == nil {
			t.Fatal("no code")
		}
		if again := b.get(at); strings.Contains(again.body, m[1]) {
			t.Error("the code is shown a second time")
		}
		r.must(r.ids.SetPassword(t.Context(), netip.MustParseAddr("10.1.2.3"), "099190000123", m[1], "chuoi xanh bay cao"))
		b.says(b.post(at+"/thu", "quyen", post, "loai", "khoi-phuc"), http.StatusOK, "Thư đặt lại mật khẩu", "quen-mat-khau")
		b.says(b.post(at+"/khoa", "quyen", post), http.StatusUnprocessableEntity, "Chọn lý do khóa")
		b.leads(b.post(at+"/khoa", "quyen", post, "ly-do", "misuse"), at)
		b.says(b.get(at), http.StatusOK, "Đã khóa tài khoản", "Nghi có người khác dùng", "Đang khóa")
		b.leads(b.post(at+"/khoa", "quyen", post, "ly-do", "misuse"), at)
		b.says(b.get(at), http.StatusOK, "Việc này đã xong từ trước")
		b.leads(b.post(at+"/mo-khoa", "quyen", post), at)
		b.leads(b.post(at+"/phien", "quyen", post), at)
		b.says(b.get(at), http.StatusOK, "Đã kết thúc mọi phiên")
		b.leads(b.post(at+"/muc-do", "quyen", post, "kt-muc", "chip"), at)
		waits := b.post(pathAccounts+"/them", "quyen", post, "cccd", "099190000124", "ho-ten", "Trần Thị Hai", "nam", "1990", "gioi-tinh", "female", "dt", "0900000777", "kiem-tra", "card", "muc", "2")
		if waits.StatusCode != http.StatusSeeOther || !strings.HasPrefix(waits.to(), pathRequests+"/") {
			t.Fatalf("%d %s", waits.StatusCode, text(waits.body))
		}
		b.says(b.get(waits.to()), http.StatusOK, "Tạo tài khoản", "Mức độ 2", "Trần Thị Hai", "0900 000 777")
		b.leads(b.post(waits.to(), "quyen", post, "quyet", "rut"), pathRequests)
		b.says(b.get(pathRequests), http.StatusOK, "Đã rút yêu cầu")
	})
}

// The officer's own account, known by the number that the office has, is to be
// seen and not to be touched.
func TestIdentityAdmin_OwnAccountIsOnlySeen(t *testing.T) {
	r := one(t)
	a := r.citizen(1)
	b, post := r.identityAdmin("diep.ctb")
	r.must(r.org.SetNumberBy(t.Context(), r.firstVisit(), "diep.ctb", a.Number))
	page := b.get(pathAccounts + "/" + a.ID)
	b.says(page, http.StatusOK, "Đây là tài khoản của chính bạn")
	if strings.Contains(page.body, "/khoa\"") && strings.Contains(page.body, pathAccounts+"/"+a.ID+"/khoa") {
		t.Error("the page offers changes")
	}
	for path, more := range map[string][]string{"/khoa": {"ly-do", "misuse"}, "/thu": nil, "/so-dien-thoai": {"dt-moi", "0900000777", "kt-dt", "card"}, "/phien": nil} {
		b.says(b.post(pathAccounts+"/"+a.ID+path, append([]string{"quyen", post}, more...)...), http.StatusForbidden, "tài khoản của chính bạn")
	}
}

// firstVisit is the system's administrator at work.
func (r *rig) firstVisit() org.Visit {
	r.t.Helper()
	o, err := r.org.Officer(r.t.Context(), r.db, "first")
	r.must(err)
	posts, err := r.org.Posts(r.t.Context(), r.db, o.ID, r.clk.Now())
	r.must(err)
	return org.Visit{Officer: o, Post: posts[0], Posts: posts}
}
