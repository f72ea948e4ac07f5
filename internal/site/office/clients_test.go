package office

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

var shownSecret = regexp.MustCompile(`t-motlan__ma"><code>([^<]+)</code>`)
var retireForm = regexp.MustCompile(`name="khoa" value="([^"]+)"`)

func TestOP07_ServicesAreRegisteredAndRotatedByPage(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b, post := r.identityAdmin("diep.ctb")
		b.says(b.get(pathClients), http.StatusOK, "Chưa có dịch vụ nào")
		form := []string{"quyen", post, "ma-dv", "dat-dai", "ten-dv", "Hệ thống đất đai tỉnh Hưng Yên", "ten-en", "Land system", "muc-dich", "Tra cứu thửa đất", "muc-dich-en", "Find plots",
			"bat-dau", "https://dat.hungyen.example/vao", "du-lieu", "profile", "du-lieu", "vneid"}
		for _, c := range []struct{ redirect, want string }{{"", "Không được để trống"}, {"http://dat.hungyen.example/cb", "phải bắt đầu bằng https"}, {"https://*.example/cb", "Chưa đúng dạng"}} {
			b.says(b.post(pathClients+"/them", append(form, "tro-ve", c.redirect)...), http.StatusUnprocessableEntity, c.want)
		}
		form = append(form, "tro-ve", "https://dat.hungyen.example/cb\nhttps://dat.hungyen.example/cb2")
		added := b.post(pathClients+"/them", form...)
		b.says(added, http.StatusOK, "Đã thêm dịch vụ", "chỉ hiện một lần", "https://dat.hungyen.example/cb2", "Số định danh và mức độ")
		first := shownSecret.FindStringSubmatch(added.body)
		if first == nil || added.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("no secret, or one that may be kept: %v", added.Header)
		}
		b.says(b.post(pathClients+"/them", form...), http.StatusUnprocessableEntity, "Mã này đã dùng")
		at := pathClients + "/dat-dai"
		if again := b.get(at); strings.Contains(again.body, first[1]) {
			t.Error("the secret is shown twice")
		}
		second := b.post(at+"/khoa-moi", "quyen", post)
		b.says(second, http.StatusOK, "Đã cấp khóa mới")
		b.says(b.post(at+"/khoa-moi", "quyen", post), http.StatusConflict, "đã có hai khóa")
		ids := retireForm.FindAllStringSubmatch(b.get(at).body, -1)
		if len(ids) != 2 {
			t.Fatalf("%d secrets to retire", len(ids))
		}
		b.leads(b.post(at+"/bo-khoa", "quyen", post, "khoa", ids[0][1]), at)
		b.says(b.get(at), http.StatusOK, "Đã bỏ khóa")
		b.says(b.post(at+"/bo-khoa", "quyen", post, "khoa", ids[1][1]), http.StatusConflict, "khóa duy nhất")
		b.says(b.post(at+"/xoa", "quyen", post, "nhap-lai", "khac"), http.StatusUnprocessableEntity, "Nhập đúng mã dat-dai")
		b.leads(b.post(at+"/xoa", "quyen", post, "nhap-lai", "dat-dai"), pathClients)
		b.says(b.get(at), http.StatusNotFound, "Không có dịch vụ này")
	})
}

func clientShots() []gallery.Shot {
	lines := []clientLine{{ID: "portal", Name: "Cổng Dịch vụ công", Data: "Họ tên", BuiltIn: true}, {ID: "dat-dai", Name: "Hệ thống đất đai", Data: "Họ tên", Secrets: 1, Since: "01/11/2026"},
		{ID: "thue", Name: "Thuế", Data: "Họ tên", Keys: true}}
	list := func(name string, p clientsPage) gallery.Shot {
		return gallery.Shot{Page: "clients", Name: name, Path: pathClients, Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			return p
		}}
	}
	shot := func(name string, p clientPage) gallery.Shot {
		p.Redirects, p.SignInURL = []string{"https://dat.hungyen.example/cb"}, "https://dat.hungyen.example/vao"
		return gallery.Shot{Page: "client", Name: name, Path: pathClients + "/dat-dai", Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			return p
		}}
	}
	add := func(name string, p addClientPage) gallery.Shot {
		return gallery.Shot{Page: "client-add", Name: name, Path: pathClients + "/them", Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			p.Scopes = []choice{{"profile", "Họ tên", true}, {"phone", "Số điện thoại", false}}
			return p
		}}
	}
	one := []secretLine{{ID: "k1", Since: "09:10, 01/11/2026", Used: "09:10, 18/11/2026"}}
	two := append(one, secretLine{ID: "k2", Since: "09:10, 18/11/2026"})
	all := []fault{}
	for _, box := range []string{boxClientID, boxClientName, boxClientEN, boxPurpose, boxPurposeEN, boxRedirect, boxPostLogout, boxSignInURL, boxBack, boxScopes} {
		all = append(all, fault{box, "Không được để trống ô này."})
	}
	return []gallery.Shot{list("none", clientsPage{}), list("some", clientsPage{Clients: lines, Done: "Đã xóa dịch vụ."}),
		shot("built in", clientPage{Client: lines[0]}), shot("one", clientPage{Client: lines[1], Secrets: one, CanRotate: true, Purpose: "Tra cứu", PostLogout: []string{"https://dat.hungyen.example/"}, Backchannel: "https://dat.hungyen.example/bc"}),
		shot("two", clientPage{Client: lines[1], Secrets: two, CanRetire: true, Secret: "abcdef", Done: "Đã cấp khóa mới."}), shot("keys", clientPage{Client: lines[2]}),
		shot("refused", clientPage{Client: lines[1], Secrets: one, Refused: "Đây là khóa duy nhất."}),
		shot("unconfirmed", clientPage{Client: lines[1], Secrets: one, Faults: []fault{{boxConfirm, "Nhập đúng mã dat-dai để xóa."}}}),
		add("fresh", addClientPage{}), add("refused", addClientPage{ID: "x", Faults: all})}
}
