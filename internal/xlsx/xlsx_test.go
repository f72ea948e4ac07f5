package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"motcua/internal/xlsx"
)

// book makes a workbook whose cells are what fill sets.
func book(t *testing.T, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t *testing.T, f *excelize.File, cell string, v any) {
	t.Helper()
	if err := f.SetCellValue("Sheet1", cell, v); err != nil {
		t.Fatal(err)
	}
}

func TestReadTellsStoredFromShown(t *testing.T) {
	s, err := xlsx.Read(book(t, func(f *excelize.File) {
		set(t, f, "A1", "Số")
		set(t, f, "A3", 99084001258)
		set(t, f, "B3", "099084001258")
		set(t, f, "C3", 30768)
		style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellStyle("Sheet1", "C3", "C3", style); err != nil {
			t.Fatal(err)
		}
		set(t, f, "D3", 1955)
		set(t, f, "E3", "  dòng\tlạ ")
		if err := f.SetCellFormula("Sheet1", "F3", "1+1"); err != nil {
			t.Fatal(err)
		}
	}))
	if err != nil || len(s.Rows) != 1 || s.Rows[0].Line != 3 || s.Head.At(0).Text != "Số" {
		t.Fatalf("%+v (%v)", s, err)
	}
	r := s.Rows[0]
	if d, ok := r.At(0).Number(); !ok || d != "99084001258" {
		t.Errorf("a number: %q %v", d, ok)
	}
	if _, ok := r.At(1).Number(); ok {
		t.Error("a text with a zero in front is taken for a number")
	}
	if day, ok := s.Day(r.At(2)); !ok || day.Format("2006-01-02") != "1984-03-27" || r.At(2).Shown == r.At(2).Text {
		t.Errorf("a day: %v %v, shown %q", day, ok, r.At(2).Shown)
	}
	if r.At(3).Shown != r.At(3).Text {
		t.Errorf("a year is shown as %q", r.At(3).Shown)
	}
	if r.At(4).Text != "dòng lạ" || r.At(99).Text != "" {
		t.Errorf("cells %+v", r)
	}
}

// pack makes a zip of parts.
func pack(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		w, err := z.Create(parts[i])
		if err == nil {
			_, err = w.Write([]byte(parts[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadRefusesWithAReason(t *testing.T) {
	good := book(t, func(f *excelize.File) { set(t, f, "A1", "x"); set(t, f, "A2", "y") })
	types := `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`
	many := book(t, func(f *excelize.File) {
		w, err := f.NewStreamWriter("Sheet1")
		for i := 1; err == nil && i <= xlsx.MaxRows+2; i++ {
			err = w.SetRow(fmt.Sprintf("A%d", i), []any{i})
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	})
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":         {nil, xlsx.ErrNotXLSX},
		"CSV renamed":     {[]byte("so,ten\n099,A\n"), xlsx.ErrNotXLSX},
		"xls renamed":     {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more"), xlsx.ErrOld},
		"a zip":           {pack(t, "a.txt", "hello"), xlsx.ErrNotXLSX},
		"a Word document": {pack(t, "[Content_Types].xml", `<Types ContentType="wordprocessingml"/>`, "word/document.xml", "x"), xlsx.ErrNotXLSX},
		"macros":          {pack(t, "[Content_Types].xml", types, "xl/workbook.xml", "<x/>", "xl/vbaProject.bin", "x"), xlsx.ErrMacro},
		"macros by type": {pack(t, "[Content_Types].xml", strings.Replace(types, "openxmlformats-officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main+spreadsheetml", 1),
			"xl/workbook.xml", "<x/>"), xlsx.ErrMacro},
		"cut short":  {good[:len(good)/2], xlsx.ErrBroken},
		"no sheets":  {pack(t, "[Content_Types].xml", types, "xl/workbook.xml", "<workbook/>"), xlsx.ErrBroken},
		"bad XML":    {pack(t, "[Content_Types].xml", types, "xl/workbook.xml", "<workbook"), xlsx.ErrBroken},
		"empty":      {book(t, func(f *excelize.File) { set(t, f, "A1", "only a head") }), xlsx.ErrEmpty},
		"large":      {make([]byte, xlsx.MaxFile+1), xlsx.ErrTooLarge},
		"a bomb":     {pack(t, "[Content_Types].xml", types, "xl/workbook.xml", strings.Repeat(" ", 65<<20)), xlsx.ErrTooLarge},
		"many parts": {pack(t, slicesOf(501)...), xlsx.ErrTooLarge},
		"many rows":  {many, xlsx.ErrTooMany},
	} {
		if _, err := xlsx.Read(c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if _, err := xlsx.Read(good); err != nil {
		t.Error(err)
	}
}

func slicesOf(n int) (parts []string) {
	for i := range n {
		parts = append(parts, fmt.Sprintf("p%d", i), "")
	}
	return parts
}

func TestWriteIsHarmlessAndReadAgain(t *testing.T) {
	file, err := xlsx.Write("Kết quả", []string{"Số", "Tên"}, [][]string{{"099084001258", `=HYPERLINK("http://evil")`}, {"-1", "@x"}, {"+2", "Nguyễn"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := xlsx.Read(file)
	if err != nil || len(s.Rows) != 3 {
		t.Fatalf("%+v (%v)", s, err)
	}
	if got := s.Rows[0].At(0).Text; got != "099084001258" {
		t.Errorf("the zero in front: %q", got)
	}
	for _, cell := range []string{s.Rows[0].At(1).Text, s.Rows[1].At(0).Text, s.Rows[1].At(1).Text, s.Rows[2].At(0).Text} {
		if !strings.HasPrefix(cell, "'") {
			t.Errorf("%q is a formula to who saves it as CSV", cell)
		}
	}
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if formula, err := f.GetCellFormula("Kết quả", "B2"); err != nil || formula != "" {
		t.Errorf("a formula: %q (%v)", formula, err)
	}
}

func FuzzRead(f *testing.F) {
	file, err := xlsx.Write("s", []string{"a"}, [][]string{{"b"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(_ *testing.T, b []byte) { _, _ = xlsx.Read(b) })
}
