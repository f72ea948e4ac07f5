package office

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"motcua/internal/audit"
	"motcua/internal/db"
	"motcua/internal/org"
	"motcua/internal/site/gallery"
	"motcua/internal/sms"
	"motcua/internal/web"
)

func (r *rig) declareOut(ctx context.Context, by audit.Ref, note string) error {
	return r.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error { return r.sms.Declare(ctx, tx, note) })
}

func (r *rig) resumeSMS(ctx context.Context, by audit.Ref) (was bool, err error) {
	err = r.db.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		was, err = r.sms.Resume(ctx, tx)
		return err
	})
	return was, err
}

// administrator signs one of the whole system in.
func (r *rig) administrator() (*browser, string) {
	r.t.Helper()
	r.officer("tri.nq", "", org.NewPost{Role: org.RoleAdmin})
	b := r.browser()
	b.leads(b.post(pathSignIn, "ten", "tri.nq", "mk", password), pathSecond)
	_, code := b.codeOn(b.get(pathSecond))
	b.says(b.post(pathSecond, "ma", code), http.StatusOK, "Mã khôi phục")
	return b, b.visit().Post.ID
}

func TestMessages_CostsLimitAndSwitch(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b, post := r.administrator()
		b.says(b.get(pathMessages), http.StatusOK, "Không có tin nào", "Đang tốt", "không đặt hạn mức")
		day := sms.Day(r.clk.Now())
		for _, c := range []string{`('` + day + `','demo','otp','',1200,1300,390000,1100,20)`, `('` + day + `','smpp','new_thing','',1,2,600,0,0)`} {
			_, err := db.Exec(t.Context(), r.db, `INSERT INTO sms_count (day, provider, purpose, unit, messages, parts, price, delivered, failed) VALUES `+c)
			r.must(err)
		}
		r.sms.Configure(sms.Settings{Routes: []sms.Route{{Provider: r.inbox, Price: 300}}, DailyLimit: 2000})
		b.says(b.get(pathMessages), http.StatusOK, "Mã OTP đăng nhập", "1.200", "1.300", "390.000", "98 %", "new_thing", "390.600", "1.302 phần tin trên 2.000", "300 đồng một phần")
		b.says(b.get(pathMessages+"?tu=2020-01-01&toi=2020-01-31"), http.StatusOK, "Không có tin nào")
		b.says(b.get(pathMessages+"?tu=x"), http.StatusUnprocessableEntity, "Ngày chưa đúng")
		b.says(b.get(pathMessages+"?tu=2026-02-01&toi=2026-01-31"), http.StatusUnprocessableEntity, "Ngày đầu phải trước ngày cuối")
		b.says(b.post(pathMessages, "quyen", post, "viec", "bao", "ghi-chu", strings.Repeat("x", 201)), http.StatusUnprocessableEntity, "Ghi chú dài quá")
		b.leads(b.post(pathMessages, "quyen", post, "viec", "bao", "ghi-chu", "nhà mạng bảo trì"), pathMessages)
		b.says(b.get(pathMessages), http.StatusOK, "Đã báo sự cố", "Đang báo sự cố từ", "nhà mạng bảo trì", "Việc gửi tin nhắn đang gặp sự cố")
		b.leads(b.post(pathMessages, "quyen", post, "viec", "het"), pathMessages)
		b.says(b.get(pathMessages), http.StatusOK, "Đã hết sự cố")
	})
}

func TestMessages_OnlyTheRightPost(t *testing.T) {
	r := one(t)
	b, post := r.identityAdmin("diep.ctb")
	b.says(b.get(pathMessages), http.StatusForbidden, "không có quyền")
	b.says(b.post(pathMessages, "quyen", post, "viec", "bao"), http.StatusForbidden, "không có quyền")
}

func messageShots() []gallery.Shot {
	shot := func(name string, p messagesPage) gallery.Shot {
		p.From, p.To, p.MaxNote, p.Shown = "2026-11-01", "2026-11-18", 200, "Việc gửi tin nhắn đang gặp sự cố."
		return gallery.Shot{Page: "messages", Name: name, Path: pathMessages, Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, galleryVisit(2))
			return p
		}}
	}
	cost := costLine{Provider: "http", Purpose: "Mã OTP đăng nhập", Unit: "Chung", Messages: "1.200", Parts: "1.300", Price: "390.000", Failed: "20", Share: "98 %"}
	return []gallery.Shot{shot("none", messagesPage{Used: "0"}),
		shot("some", messagesPage{Used: "1.300", Limit: "2.000", UsedShare: 65, Costs: []costLine{cost}, Sum: cost, Done: "Đã hết sự cố.",
			Providers: []providerLine{{Name: "http", Price: "300"}, {Name: "smpp", Failures: 3, Resting: true, Until: "09:10, 18/11/2026", Lines: 2}, {Name: "smpp2", Failures: 1}}}),
		shot("declared", messagesPage{Used: "0", Out: true, Declared: true, Since: "09:10, 18/11/2026", Note: "nhà mạng bảo trì"}),
		shot("failing", messagesPage{Used: "0", Out: true, Since: "09:10, 18/11/2026"}),
		shot("refused", messagesPage{Used: "0", Typed: "x", Faults: []fault{{boxNote, "Ghi chú dài quá 200 byte."}, {boxFrom, "Ngày chưa đúng."}, {boxTo, "Ngày chưa đúng."}}})}
}
