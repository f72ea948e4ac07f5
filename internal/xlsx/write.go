package xlsx

import (
	"bytes"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Type is the media type of a file that Write makes.
const Type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// widths keep columns readable, in characters.
const columnWidth = 24

// Write makes a workbook of one sheet: a bold head and rows. Every cell is a
// text and formatted as one, so that leading zeros stay; one that begins like a
// formula gets an apostrophe before it, because the file may be saved as CSV.
func Write(sheet string, head []string, rows [][]string) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	if err := f.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	w, err := f.NewStreamWriter(sheet)
	if err != nil {
		return nil, err
	}
	const textFormat = 49 // "@"
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, NumFmt: textFormat})
	if err != nil {
		return nil, err
	}
	plain, err := f.NewStyle(&excelize.Style{NumFmt: textFormat})
	if err != nil {
		return nil, err
	}
	if err := w.SetColWidth(1, max(1, len(head)), columnWidth); err != nil {
		return nil, err
	}
	put := func(line int, style int, cells []string) error {
		values := make([]any, len(cells))
		for i, c := range cells {
			values[i] = excelize.Cell{StyleID: style, Value: Harmless(c)}
		}
		at, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		return w.SetRow(at, values)
	}
	if err := put(1, bold, head); err != nil {
		return nil, err
	}
	for i, r := range rows {
		if err := put(i+2, plain, r); err != nil {
			return nil, err
		}
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = f.Write(&b)
	return b.Bytes(), err
}

// Harmless takes the meaning of a formula from a text (OWASP, CSV injection).
func Harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
