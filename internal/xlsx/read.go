package xlsx

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Bounds of a file.
const (
	// MaxFile bounds the file as sent: 20,000 rows of a dozen short cells are
	// below 2 MB.
	MaxFile = 5 << 20
	// MaxRows bounds the rows with anything in them, without the head.
	MaxRows = 20_000
	// maxUnpacked bounds what the file unpacks to. XML of 20,000 rows is some
	// 20 MB; a bomb is a thousand times its file.
	maxUnpacked = 64 << 20
	// maxParts bounds the files inside; a workbook has some twenty.
	maxParts = 500
	// maxColumns and maxCell bound what is kept of a row, in cells and in
	// bytes of a cell.
	maxColumns = 30
	maxCell    = 1000
)

// What a file is refused for.
var (
	ErrTooLarge = errors.New("xlsx: the file is too large, or unpacks to too much")
	ErrTooMany  = errors.New("xlsx: too many rows")
	ErrOld      = errors.New("xlsx: an .xls of Excel 97 to 2003, or a file with a password")
	ErrMacro    = errors.New("xlsx: the file holds macros")
	ErrNotXLSX  = errors.New("xlsx: no .xlsx file")
	ErrBroken   = errors.New("xlsx: the file is broken")
	ErrEmpty    = errors.New("xlsx: nothing below the head")
)

// A Cell is a cell as it is stored and as Excel shows it. For a day they
// differ: the number of a day, and the day.
type Cell struct {
	Text  string // as stored
	Shown string
}

// Number reports whether the cell holds a number, and its digits without an
// exponent.
func (c Cell) Number() (digits string, ok bool) {
	f, err := strconv.ParseFloat(c.Text, 64)
	if err != nil || f < 0 || f > 1e15 || strings.HasPrefix(c.Text, "0") && len(c.Text) > 1 || strings.HasPrefix(c.Text, "+") {
		return "", false
	}
	if f != float64(int64(f)) || rounded(c.Text) {
		return "", false
	}
	return strconv.FormatInt(int64(f), 10), true
}

// rounded: with an exponent and fewer digits than the number has, as a column
// that was too narrow leaves when it is copied as text.
func rounded(s string) bool {
	mantissa, exponent, ok := strings.Cut(strings.ToLower(s), "e")
	if !ok {
		return false
	}
	n, err := strconv.Atoi(exponent)
	return err != nil || len(strings.ReplaceAll(mantissa, ".", "")) <= n
}

// Day reports the day that the cell is shown as, when it is one of Excel's
// days: 1900 counts a 29 February that never was, as Excel does.
func (s Sheet) Day(c Cell) (time.Time, bool) {
	f, err := strconv.ParseFloat(c.Text, 64)
	if err != nil || f < 1 || f >= 2958466 { // 9999-12-31
		return time.Time{}, false
	}
	t, err := excelize.ExcelDateToTime(f, s.From1904)
	return t, err == nil
}

// A Row is a row with anything in it.
type Row struct {
	Line  int // as Excel counts, from 1
	Cells []Cell
}

// At returns a cell, empty where the row is shorter.
func (r Row) At(i int) Cell {
	if i < 0 || i >= len(r.Cells) {
		return Cell{}
	}
	return r.Cells[i]
}

// A Sheet is the first sheet of a workbook.
type Sheet struct {
	Head     Row
	Rows     []Row
	From1904 bool
}

// Read reads the first sheet of a file. It errs with one of the errors above.
func Read(file []byte) (s Sheet, err error) {
	if err := look(file); err != nil {
		return Sheet{}, err
	}
	// The library reads what anybody may have written: a panic of its is a
	// broken file.
	defer func() {
		if recover() != nil {
			s, err = Sheet{}, ErrBroken
		}
	}()
	// The limit of one part is that of the whole: above it the library would
	// unpack to disk.
	f, err := excelize.OpenReader(bytes.NewReader(file), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return Sheet{}, ErrBroken
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	names := f.GetSheetList()
	if len(names) == 0 {
		return Sheet{}, ErrBroken
	}
	if p, err := f.GetWorkbookProps(); err == nil && p.Date1904 != nil {
		s.From1904 = *p.Date1904
	}
	stored, err := rows(f, names[0], true)
	if err != nil {
		return Sheet{}, err
	}
	shown, err := rows(f, names[0], false)
	if err != nil {
		return Sheet{}, err
	}
	for i, row := range stored {
		for j := range row.Cells {
			if i < len(shown) {
				row.Cells[j].Shown = shown[i].At(j).Text
			}
		}
	}
	if len(stored) < 2 {
		return Sheet{}, ErrEmpty
	}
	s.Head, s.Rows = stored[0], stored[1:]
	return s, nil
}

// rows returns the rows with anything in them, the head among them.
func rows(f *excelize.File, sheet string, raw bool) ([]Row, error) {
	it, err := f.Rows(sheet)
	if err != nil {
		return nil, ErrBroken
	}
	defer func() { _ = it.Close() }()
	var out []Row
	for line := 1; it.Next(); line++ {
		cells, err := it.Columns(excelize.Options{RawCellValue: raw})
		if err != nil {
			return nil, ErrBroken
		}
		row := Row{Line: line}
		filled := false
		for _, c := range cells[:min(len(cells), maxColumns)] {
			c = strings.TrimSpace(clean(c))
			filled = filled || c != ""
			row.Cells = append(row.Cells, Cell{Text: c})
		}
		if !filled {
			continue
		}
		if len(out) > MaxRows {
			return nil, ErrTooMany
		}
		out = append(out, row)
	}
	if it.Error() != nil {
		return nil, ErrBroken
	}
	return out, nil
}

// clean makes a cell fit both databases and a page.
func clean(s string) string {
	if len(s) > maxCell {
		s = s[:maxCell]
		for len(s) > 0 && !utf8.ValidString(s[len(s)-1:]) && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// look says what a file is before anything is unpacked for good.
func look(file []byte) error {
	switch {
	case len(file) > MaxFile:
		return ErrTooLarge
	case bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return ErrOld
	case !bytes.HasPrefix(file, []byte("PK\x03\x04")):
		return ErrNotXLSX
	}
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return ErrBroken
	}
	if len(z.File) > maxParts {
		return ErrTooLarge
	}
	left := int64(maxUnpacked)
	book, types := false, ""
	for _, part := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(part.Name, `\`, "/"), "/"))
		if strings.Contains(name, "vbaproject") || strings.HasSuffix(name, ".bas") || strings.Contains(name, "macrosheets/") {
			return ErrMacro
		}
		book = book || name == "xl/workbook.xml"
		// What the head of a part says of its size may be a lie: it is
		// unpacked into nothing, up to the bound.
		r, err := part.Open()
		if err != nil {
			return ErrBroken
		}
		var kept bytes.Buffer
		to := io.Discard
		if name == "[content_types].xml" {
			to = &kept
		}
		n, err := io.Copy(to, io.LimitReader(r, left+1))
		_ = r.Close()
		if left -= n; left < 0 {
			return ErrTooLarge
		}
		if err != nil {
			return ErrBroken
		}
		if name == "[content_types].xml" {
			types = strings.ToLower(kept.String())
		}
	}
	switch {
	case strings.Contains(types, "macroenabled") || strings.Contains(types, "vbaproject"):
		return ErrMacro
	case !book || !strings.Contains(types, "spreadsheetml"):
		return ErrNotXLSX
	}
	return nil
}
