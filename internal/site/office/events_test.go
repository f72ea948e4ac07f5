package office

import (
	"net/http"
	"strings"
	"testing"

	"motcua/internal/db"
	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

func TestEvents_SearchedAndTheReadingLogged(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a := r.citizen(2)
		b, post := r.identityAdmin("diep.ctb")
		at := pathAccounts + "/" + a.ID
		b.leads(b.post(at+"/so-dien-thoai", "quyen", post, "dt-moi", "0900 000 777", "kt-dt", "card"), at)
		b.leads(b.post(at+"/khoa", "quyen", post, "ly-do", "misuse"), at)
		for range 60 {
			b.get(at)
		}
		first := b.get(pathEvents)
		b.says(first, http.StatusOK, "Nhật ký định danh", "Xem tài khoản", "Lê Thị Mỹ Duyên", "Xem tiếp")
		all := b.get(pathEvents + "?viec=account.lock")
		b.says(all, http.StatusOK, "Nghi có người khác dùng")
		if n := strings.Count(all.body, `role="rowheader"`); n != 1 {
			t.Errorf("%d rows of one action", n)
		}
		found := b.post(pathEvents+"/tim", "quyen", post, "cccd", a.Number, "cb", "diep.ctb", "viec", "account.request", "tu", "2020-01-01")
		if found.StatusCode != http.StatusSeeOther || strings.Contains(found.to(), a.Number) {
			t.Fatalf("%d %s", found.StatusCode, found.to())
		}
		b.says(b.get(found.to()), http.StatusOK, "Gửi yêu cầu", "Đổi số điện thoại", "Đã xem thẻ căn cước", "Đang xem riêng một tài khoản")
		b.says(b.post(pathEvents+"/tim", "quyen", post, "cccd", "12"), http.StatusUnprocessableEntity, "bạn nhập 2")
		b.says(b.post(pathEvents+"/tim", "quyen", post, "cccd", "099000000000"), http.StatusUnprocessableEntity, "chưa có tài khoản")
		b.says(b.get(pathEvents+"?cb=nobody.here&tu=x"), http.StatusUnprocessableEntity, "Không có cán bộ", "Ngày chưa đúng")
		b.says(b.get(pathEvents+"?viec=account.import&sau=1.x&tk=y"), http.StatusOK, "Không có việc nào khớp")
		n, err := db.Get[int](t.Context(), r.db, `SELECT count(*) FROM audit_record WHERE action = 'audit.read'`)
		r.must(err)
		if n != 4 {
			t.Errorf("%d readings are in the log", n)
		}
		r.duyen()
		other := r.browser()
		other.signIn("duyen.ltm")
		other.says(other.get(pathEvents), http.StatusForbidden, "không có quyền")
	})
}

func eventShots() []gallery.Shot {
	shot := func(name string, p eventsPage) gallery.Shot {
		p.Actions = []choice{{"account.lock", "Khóa", true}, {"account.view", "Xem tài khoản", false}}
		return gallery.Shot{Page: "events", Name: name, Path: pathEvents, Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			return p
		}}
	}
	lines := []eventLine{{When: "09:10, 18/11/2026", What: "Khóa", Who: "Cao Thị Bích Diệp", More: "Nghi có người khác dùng", Account: "a1", Source: "10.1.2.3"},
		{When: "09:00, 18/11/2026", What: "Duyệt yêu cầu", Who: "Phan Đức Lộc", More: "Tự duyệt yêu cầu của chính mình", Refused: true}}
	return []gallery.Shot{shot("none", eventsPage{}), shot("some", eventsPage{Events: lines, Next: "?sau=1.x", Account: "a1", CanOpen: true}), shot("closed", eventsPage{Events: lines}),
		shot("refused", eventsPage{Number: "1", Faults: []fault{{boxNumber, "Số CCCD phải đủ 12 chữ số; bạn nhập 1."}, {boxOfficer, "Không có cán bộ nào."}, {boxFrom, "Ngày chưa đúng."}, {boxTo, "Ngày chưa đúng."}}})}
}
