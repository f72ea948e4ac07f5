package demo

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"motcua/internal/config"
	"motcua/internal/org"
	"motcua/internal/vn"
)

// Print writes what a newcomer needs: the desk, the sites, the accounts.
func Print(w io.Writer, c *config.Config) {
	at := func(site string) string { return c.SiteURL(site).String() }
	var b strings.Builder
	fmt.Fprintf(&b, "\nBản dùng thử. Dữ liệu giả định, không có giá trị pháp lý. / A trial with invented data.\n\n")
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  Bàn dùng thử / demo desk\t%s/sandbox\n", at(config.ID))
	fmt.Fprintf(t, "  Cổng Dịch vụ công / portal\t%s\n", at(config.Portal))
	fmt.Fprintf(t, "  Một cửa điện tử / office\t%s\n", at(config.Office))
	fmt.Fprintf(t, "  Định danh, xác thực / identity\t%s\n", at(config.ID))
	_ = t.Flush()
	if p := c.Provider; p.External() {
		fmt.Fprintf(&b, "\nCổng và Một cửa nói chuyện với hệ thống định danh theo kiểu %s (%s). / Portal and office speak %[1]s to the provider.\n", p.Profile, p.Issuer)
	}
	if c.LAN != nil {
		fmt.Fprintf(&b, "\nĐiện thoại cùng mạng / phones in the same network: quét mã QR ở bàn dùng thử / scan the QR on the demo desk\n")
		fmt.Fprintf(&b, "Trình duyệt sẽ cảnh báo vì chứng thư do máy này tự tạo. / Browsers warn: this machine made its certificate itself.\n")
		fmt.Fprintf(&b, "  %s\n  SHA-256 %s\n", c.LAN.File, c.LAN.Fingerprint)
	}
	fmt.Fprintf(&b, "\nTài khoản; mật khẩu chung / accounts, all with the password: %s\n\n", CitizenPassword)
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, p := range Citizens {
		note := ""
		if p.Username != "" {
			note = "cũng là cán bộ / also an officer"
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", p.Number, p.Name, vn.NationalMobile(p.Phone), note)
	}
	_ = t.Flush()
	fmt.Fprintf(&b, "\nCán bộ; mật khẩu chung / officers, all with the password: %s\n\n", OfficerPassword)
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, p := range Officers {
		fmt.Fprintf(t, "  %s\t%s\t%s\n", p.Username, p.Name, officerNote(p))
	}
	_ = t.Flush()
	if c.LoadAccounts > 0 {
		fmt.Fprintf(&b, "\n%d tài khoản đo tải; hạn mức như lúc chạy thật. / accounts for load tests; the limits are production's.\n", c.LoadAccounts)
	} else {
		fmt.Fprintf(&b, "\nHạn mức gấp %d lần lúc chạy thật. / Limits are %[1]d times those of production.\n", LimitFactor)
	}
	fmt.Fprintf(&b, "Dừng bằng Ctrl-C. / Ctrl-C stops it.\n\n")
	_, _ = io.WriteString(w, b.String())
}

func officerNote(p Person) string {
	posts := make([]org.Post, len(p.Posts))
	for i, post := range p.Posts {
		posts[i].Role = post.Role
	}
	switch {
	case p.Username == GuideOfficer:
		return "hồ sơ còn trống, để thử / nothing filled in, to try"
	case org.NeedsTOTP(posts):
		return "quản trị, cần ứng dụng xác thực / needs an authenticator app"
	case p.Number != "":
		return "vào được bằng VNeID / may use VNeID"
	case len(posts) > 1:
		return fmt.Sprintf("%d quyền / %[1]d posts", len(posts))
	}
	return ""
}
