package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// groups are the sections of the reference, in order.
var groups = []struct{ key, vi, en string }{
	{"data", "Dữ liệu", "Data"},
	{"sites", "Trang và địa chỉ", "Sites and addresses"},
	{"place", "Nơi sử dụng", "The place"},
	{"sms", "Tin nhắn SMS", "SMS"},
	{"sms2", "Nhà cung cấp SMS thứ hai, khi thứ nhất hỏng", "A second SMS provider, for when the first fails"},
	{"provider", "Hệ thống định danh khác, thay cho hệ thống đi kèm", "Another identity provider in place of our own"},
	{"rules", "Thời gian, hạn mức, nhật ký", "Times, limits, log"},
}

// Groups titles the sections of --help.
func Groups() kong.Option {
	var out []kong.Group
	for _, g := range groups {
		out = append(out, kong.Group{Key: g.key, Title: g.vi + " / " + g.en})
	}
	return kong.ExplicitGroups(out)
}

// Reference returns docs/config.md.
func Reference() (string, error) {
	var cli struct{ Config }
	parser, err := kong.New(&cli)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(`# Thiết lập · Settings

Trang này được tạo từ ` + "`internal/config`" + ` bằng lệnh ` + "`go test ./internal/config -update`" + `; đừng sửa tay.
*Made from the code by the command above; do not edit.*

Mỗi thiết lập của ` + "`motcua serve`" + ` có thể đặt bằng cờ dòng lệnh, biến môi trường hoặc dòng ` + "`KHÓA=giá trị`" + ` trong tệp
` + "`--config`" + ` (khóa là tên biến). Cờ thắng biến, biến thắng tệp, tệp thắng mặc định. Chương trình không khởi động khi còn
thiếu hoặc sai, và nêu tất cả cùng lúc.
*Flag wins over variable, variable over file, file over default. The program does not start while anything is missing or
wrong, and names everything at once.*
`)
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s · %s\n\n| cờ, biến / flag, variable | mặc định / default | ý nghĩa / meaning |\n|---|---|---|\n", g.vi, g.en)
		for _, f := range parser.Model.Flags {
			if f.Group == nil || f.Group.Key != g.key {
				continue
			}
			def := ""
			if f.Default != "" {
				def = "`" + f.Default + "`"
			}
			fmt.Fprintf(&b, "| `--%s`<br>`%s` | %s | %s<br>*%s* |\n", f.Name, strings.Join(f.Envs, " "), def, cell(f.Help), cell(f.Tag.Get("en")))
		}
	}
	return b.String(), nil
}

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
