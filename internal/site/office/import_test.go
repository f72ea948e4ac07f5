package office

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"motcua/internal/xlsx"
)

// sends posts a form with a file.
func (b *browser) sends(target, name string, file []byte, pairs ...string) answer {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		b.must(w.WriteField(pairs[i], pairs[i+1]))
	}
	part, err := w.CreateFormFile("tep", name)
	b.must(err)
	_, err = part.Write(file)
	b.must(err)
	b.must(w.Close())
	req := httptest.NewRequest(http.MethodPost, officeURL+target, &body)
	req.RemoteAddr = b.address
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range b.cookies {
		req.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	rec := httptest.NewRecorder()
	b.h.ServeHTTP(rec, req)
	res := rec.Result()
	out, _ := io.ReadAll(res.Body)
	return answer{res, string(out)}
}

func accountsSheet(t *testing.T, rows ...[]string) []byte {
	t.Helper()
	file, err := xlsx.Write("Danh sách", []string{"Số CCCD", "Họ tên", "Ngày sinh", "Giới tính", "Điện thoại"}, rows)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestIdentityAdmin_ImportsASpreadsheet(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		b, post := r.identityAdmin("diep.ctb")
		file := accountsSheet(t, []string{"099084001300", "Nguyễn Văn Tốt", "27/03/1984", "Nam", "0900000001"},
			[]string{"99084001302", "NguyÔn V¨n Tó", "27/03/1984", "Nam", "900000002"}, []string{"12", "=1+1", "x", "y", "z"})
		a := b.sends(pathImport, `C:\Tài liệu\danh sách.xlsx`, file, "quyen", post)
		if a.StatusCode != http.StatusSeeOther || !strings.HasPrefix(a.to(), pathImport+"/") {
			t.Fatalf("%d %s %s", a.StatusCode, a.to(), text(a.body))
		}
		at := a.to()
		b.says(b.get(at), http.StatusOK, "1 dòng dùng được, 1 dòng có đề xuất sửa, 1 dòng không nhận", "Chưa có gì được tạo", "099084001302", "Nguyễn Văn Tú", "Excel đã làm mất số 0",
			"TCVN3", "Phải đủ 12 chữ số", "đồng ý với các đề xuất sửa ở 1 dòng")
		b.says(b.get(at+"?trang=99"), http.StatusGone, "không còn")
		b.leads(b.post(at, "quyen", post, "viec", "nhap", "de-xuat", "1"), at)
		b.says(b.get(at), http.StatusOK, "Đã tạo 2 tài khoản mức độ 1", "Bỏ qua", "In thư cho 2 người")
		b.leads(b.post(at, "quyen", post, "viec", "nhap", "de-xuat", "1"), at)
		letters := b.post(at+"/thu", "quyen", post, "trang", "1")
		b.says(letters, http.StatusOK, "Có 2 thư", "Nguyễn Văn Tú")
		if n := len(letterCode.FindAllString(letters.body, -1)); n != 2 {
			t.Errorf("%d codes", n)
		}
		report := b.get(at + "/ket-qua.xlsx")
		if report.StatusCode != http.StatusOK || report.Header.Get("Content-Type") != xlsx.Type || report.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", report.StatusCode, report.Header)
		}
		s, err := xlsx.Read([]byte(report.body))
		r.must(err)
		if len(s.Rows) != 3 || s.Rows[1].At(1).Text != "099084001302" || s.Rows[1].At(6).Text != "Đã tạo" || s.Rows[2].At(6).Text != "Bỏ qua" || !strings.Contains(s.Rows[2].At(7).Text, "12 chữ số") {
			t.Errorf("%+v", s.Rows)
		}
		template := b.get(pathImport + "/mau.xlsx")
		if s, err = xlsx.Read([]byte(template.body)); err != nil || s.Rows[0].At(0).Text != "099084001258" {
			t.Errorf("the template: %+v (%v)", s.Rows, err)
		}
		again := b.sends(pathImport, "x.xlsx", file, "quyen", post)
		b.says(b.get(again.to()), http.StatusOK, "Đã có tài khoản")
		b.leads(b.post(again.to(), "quyen", post, "viec", "bo"), pathImport)
		b.says(b.get(again.to()), http.StatusGone, "không còn")
	})
}

func TestIdentityAdmin_FilesAreRefusedWithASentence(t *testing.T) {
	r := one(t)
	b, post := r.identityAdmin("diep.ctb")
	good := accountsSheet(t, []string{"099084001300", "Nguyễn Văn Tốt", "27/03/1984", "Nam", "0900000001"})
	other, err := xlsx.Write("s", []string{"Số CCCD", "Họ tên"}, [][]string{{"1", "2"}})
	r.must(err)
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"a.xlsx", nil, "Chọn một tệp Excel"},
		{"a.xlsm", good, "Tệp có macro"},
		{"a.xlsx", []byte("so,ten\n1,2\n"), "không phải tệp Excel .xlsx"},
		{"a.xlsx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old"), "tệp .xls kiểu cũ"},
		{"a.xlsx", good[:len(good)/2], "Tệp bị hỏng"},
		{"a.xlsx", make([]byte, xlsx.MaxFile+1), "Tệp quá lớn (tối đa 5 MB"},
		{"a.xlsx", other, "Thiếu cột “Ngày sinh”"},
	} {
		b.says(b.sends(pathImport, c.name, c.file, "quyen", post), http.StatusUnprocessableEntity, c.want)
	}
}
