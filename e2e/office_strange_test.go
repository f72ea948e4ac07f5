package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/demo"
)

// formValues are the form as fillIn fills it in, with replacements.
func formValues(page *apptest.Page, replace ...string) url.Values {
	v := page.FindForm(editPage).Values
	for i, pairs := 0, append([]string{"ho-ten", "Trịnh Văn Ước", "gioi-tinh", "male", "dia-chi", "Số 24 phố Ví Dụ", "ngay", "27", "thang", "3",
		"nam", "1991", "email", "uoc@hungyen.example", "cccd", officerNumber, "dt", "0900 000 301"}, replace...); i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return v
}

// officerClient is a signed-in officer without a screen.
func officerClient(t *testing.T, a *apptest.App) *apptest.Client {
	t.Helper()
	c := a.NewClient(t)
	p := c.Submit(c.Get(a.Office+officeSignIn).FindForm(officeSignIn), "ten", officer, "mk", demo.OfficerPassword)
	if p.URL.Path != "/hethong" {
		t.Fatalf("signing in leads to %s: %s", p.URL, p.Text())
	}
	return c
}

func TestProfileAnswersStrangeInput(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	c := officerClient(t, a)
	long := strings.Repeat("ă", 400)
	for _, one := range []struct{ box, typed, said string }{
		{"ho-ten", "", "Nhập họ tên."},
		{"ho-ten", "Trịnh\u200b Văn Ước", "ký tự không nhìn thấy"},
		{"ho-ten", "\u202eTrịnh Văn Ước", "ký tự không nhìn thấy"},
		{"ho-ten", "Trịnh Văn Ướс", "Chữ “с” trong họ tên trông giống chữ thường"}, // a Cyrillic es
		{"ho-ten", "Trịnh Văn Ước 2", "không dùng được “2”"},
		{"ho-ten", long, "Họ tên dài tối đa 100 chữ."},
		{"gioi-tinh", "khac", "Chọn giới tính: Nam hoặc Nữ."},
		{"dia-chi", long, "Địa chỉ dài tối đa 300 chữ."},
		{"dia-chi", "Số 24\u202e", "Địa chỉ có ký tự không nhìn thấy"},
		{"email", "uoc@", "Email chưa đúng."},
		{"ngay", "31", "Ngày sinh không có thật: tháng 2 không có ngày 31."},
		{"ngay", "0", "Ngày trong ngày sinh phải là số từ 1 đến 31."},
		{"thang", "13", "Tháng trong ngày sinh phải là số từ 1 đến 12."},
		{"nam", "91", "Năm sinh phải đủ 4 chữ số"},
		{"nam", "", "Ngày sinh còn thiếu."},
		{"nam", "2999", "Ngày sinh nằm ở tương lai."},
		{"nam", "2015", "bạn chưa đủ 18 tuổi"},
		{"nam", "1891", "bạn đã hơn 100 tuổi"},
		{"cccd", "", "Nhập số CCCD, 12 chữ số."},
		{"cccd", "099 191 004 27", "Số CCCD phải đủ 12 chữ số; bạn nhập 11."},
		{"cccd", "145678901", "Đây là số CMND cũ"},
		{"cccd", "09909100O301", "Số CCCD chỉ gồm chữ số."},
		{"cccd", demo.Citizens[1].Number, "Số CCCD này đã được ghi cho một cán bộ khác."},
		{"dt", "0900 000 41", "Số điện thoại phải là số di động Việt Nam"},
		{"dt", "028 3822 0000", "Số điện thoại phải là số di động Việt Nam"},
		{"bl-mk", "mat khau bien lai", "Nhập tài khoản biên lai đi cùng mật khẩu này."},
		{"trang", "khong-co:home", "Trang này không còn thuộc quyền của bạn."},
	} {
		replace := []string{one.box, one.typed}
		if strings.Contains(one.said, "tháng 2") {
			replace = append(replace, "thang", "2")
		}
		p := c.Get(a.Office + editPage)
		p = c.SubmitFile(p.FindForm(editPage), formValues(p, replace...), "", "", nil)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), one.said) || !strings.HasPrefix(p.Title(), "Lỗi: ") {
			t.Errorf("%s %.30q: %d, without %q:\n%s", one.box, one.typed, p.Status, one.said, p.Text())
			continue
		}
		if again := p.FindForm(editPage).Values; one.box != "email" && again.Get("email") != "uoc@hungyen.example" || one.box != "bl-mk" && one.box != "gioi-tinh" && again.Get(one.box) != one.typed && one.box != "trang" {
			t.Errorf("%s %.30q: what was typed is lost: %v", one.box, one.typed, again)
		}
	}
	// A whole date pasted into the first box without scripts; a number as people write it.
	p := c.Get(a.Office + editPage)
	p = c.SubmitFile(p.FindForm(editPage), formValues(p, "ngay", "27/03/1991", "thang", "", "nam", "", "dt", "+84 900.000.301"), "", "", nil)
	if !strings.Contains(p.Text(), "Cập nhật thông tin thành công") {
		t.Errorf("a pasted date is not taken: %s", p.Text())
	}
}

func pictureOf(t *testing.T, side int, encode func(io.Writer, image.Image) error) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, side, side*3/2))
	for i := range m.Pix {
		m.Pix[i] = byte(i * 7)
	}
	m.Set(0, 0, color.White)
	var b bytes.Buffer
	if err := encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// halves is a PNG twice as wide as high, grey on the left and blue on the right.
func halves(t *testing.T) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 800, 400))
	for x := range 800 {
		for y := range 400 {
			m.Set(x, y, map[bool]color.Color{true: color.Gray{Y: 200}, false: color.RGBA{B: 255, A: 255}}[x < 400])
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }

// announced is a PNG that says it is this large, and holds nothing.
func announced(w, h uint32) []byte {
	head := append([]byte("IHDR"), binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)...)
	head = append(head, 8, 6, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(b, head...), crc32.ChecksumIEEE(head))
}

func TestPortraitAnswersStrangeFiles(t *testing.T) {
	t.Parallel()
	a := apptest.Start(t, apptest.Options{})
	c := officerClient(t, a)
	send := func(name string, content []byte, replace ...string) *apptest.Page {
		p := c.Get(a.Office + editPage)
		return c.SubmitFile(p.FindForm(editPage), formValues(p, replace...), "anh", name, content)
	}
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`)
	good := pictureOf(t, 400, asJPEG)
	for name, one := range map[string]struct {
		content []byte
		said    string
	}{
		"hinh.svg":  {svg, "Tệp này không phải ảnh JPG, PNG hoặc WebP."},
		"hinh.jpg":  {svg, "Tệp này không phải ảnh JPG, PNG hoặc WebP."},
		"hinh.gif":  {[]byte("GIF89a" + strings.Repeat("\x00", 100)), "Tệp này không phải ảnh JPG, PNG hoặc WebP."},
		"bom.png":   {announced(60_000, 60_000), "Ảnh quá lớn hoặc quá nhỏ"},
		"nho.png":   {pictureOf(t, 20, png.Encode), "Ảnh quá lớn hoặc quá nhỏ"},
		"hong.jpg":  {good[:len(good)/2], "Không mở được ảnh này"},
		"to.jpg":    {append(bytes.Clone(good), make([]byte, 8<<20)...), "Ảnh lớn hơn 5 MB."},
		"../../etc": {[]byte("#!/bin/sh"), "Tệp này không phải ảnh JPG, PNG hoặc WebP."},
	} {
		p := send(name, one.content)
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Text(), one.said) {
			t.Errorf("%s: %d, without %q:\n%s", name, p.Status, one.said, p.Text())
			continue
		}
		if p.FindForm(editPage).Values.Get("email") != "uoc@hungyen.example" {
			t.Errorf("%s: what was typed is lost", name)
		}
	}

	// A picture outlives the form that was refused for something else; what
	// hides behind it does not.
	polyglot := append(bytes.Clone(good), []byte("<script>alert('khong-duoc-con')</script>")...)
	p := send("toi.jpg", polyglot, "cccd", "1")
	f := p.FindForm(editPage)
	if f.Values.Get("anh-nhap") == "" || !strings.Contains(p.Body, "data:image/jpeg;base64,") || !strings.Contains(p.Text(), "Ảnh vừa chọn đã được giữ lại") {
		t.Fatalf("the picture is lost: %s", p.Text())
	}
	values := formValues(p)
	p = c.SubmitFile(f, values, "", "", nil)
	if !strings.Contains(p.Text(), "Cập nhật thông tin thành công") {
		t.Fatal(p.Text())
	}
	p = c.Get(a.Office + personalPage)
	shown := p.Find("img", "width", "104")
	if len(shown) != 1 {
		t.Fatalf("%d portraits", len(shown))
	}
	address := attribute(shown[0], "src")
	picture := c.Get(address)
	m, kind, err := image.Decode(strings.NewReader(picture.Body))
	if err != nil || kind != "jpeg" || m.Bounds().Dx() != 256 || m.Bounds().Dy() != 256 || picture.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the portrait: %v %s %v", err, kind, picture.Header)
	}
	if strings.Contains(picture.Body, "khong-duoc-con") || strings.Contains(picture.Body, "Exif") {
		t.Error("something of the file is left in the portrait")
	}
	if head := p.Find("img", "width", "34"); len(head) != 1 || c.Get(attribute(head[0], "src")).Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the frame has no portrait: %v", head)
	}
	colleague := a.NewClient(t)
	colleague.Submit(colleague.Get(a.Office+officeSignIn).FindForm(officeSignIn), "ten", "nguyet.ntm", "mk", demo.OfficerPassword)
	if p := colleague.Get(a.Office + strings.TrimPrefix(address, a.Office)); p.Status != http.StatusNotFound {
		t.Errorf("a colleague who administers nobody has the portrait: %d", p.Status)
	}
	if p := a.NewClient(t).Get(a.Office + strings.TrimPrefix(address, a.Office)); p.Header.Get("Content-Type") == "image/jpeg" {
		t.Error("anybody may have the portrait")
	}

	p = c.Get(a.Office + editPage)
	c.SubmitFile(p.FindForm(editPage), formValues(p, "khong-anh", "1"), "", "", nil)
	if p = c.Get(a.Office + personalPage); len(p.Find("img", "width", "104")) != 0 {
		t.Error("the portrait is still there")
	}
}

// TestHundredMegabytes are refused without being held.
func TestHundredMegabytes(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	c := officerClient(t, a)
	var cookies strings.Builder
	for _, name := range []string{"s", "d"} {
		fmt.Fprintf(&cookies, "__Host-motcua-office-%s=%s; ", name, c.Cookie(a.Office, "__Host-motcua-office-"+name))
	}
	office, err := url.Parse(a.Office)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+office.Port())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	head := "--x\r\nContent-Disposition: form-data; name=\"anh\"; filename=\"a.jpg\"\r\n\r\n"
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nSec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n%s",
		editPage, office.Host, cookies.String(), 100<<20, head)
	go func() {
		block := make([]byte, 1<<20)
		for range 99 {
			if _, err := conn.Write(block); err != nil {
				return // refused meanwhile
			}
		}
	}()
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	runtime.ReadMemStats(&after)
	if answer.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("answered with %d", answer.StatusCode)
	}
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 40<<20 {
		t.Errorf("the program has grown by %d MB", grown>>20)
	}
	if p := c.Get(a.Office + personalPage); p.Status != http.StatusOK {
		t.Errorf("after that the page answers %d", p.Status)
	}
}
