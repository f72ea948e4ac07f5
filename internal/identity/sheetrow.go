package identity

import (
	"errors"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/vn"
	"motcua/internal/xlsx"
)

// A Column is one that a spreadsheet of accounts has.
type Column string

// The columns, in the order of the template.
const (
	ColumnNumber Column = "number"
	ColumnName   Column = "name"
	ColumnBirth  Column = "birth"
	ColumnSex    Column = "sex"
	ColumnPhone  Column = "phone"
)

// Columns returns them in the order of the template.
func Columns() []Column {
	return []Column{ColumnNumber, ColumnName, ColumnBirth, ColumnSex, ColumnPhone}
}

// heads are the words by which a column is known, folded.
var heads = map[string]Column{
	"so dinh danh": ColumnNumber, "so dinh danh ca nhan": ColumnNumber, "cccd": ColumnNumber, "so cccd": ColumnNumber, "so can cuoc": ColumnNumber,
	"so can cuoc cong dan": ColumnNumber, "identity number": ColumnNumber,
	"ho ten": ColumnName, "ho va ten": ColumnName, "full name": ColumnName, "ten": ColumnName,
	"ngay sinh": ColumnBirth, "ngay thang nam sinh": ColumnBirth, "nam sinh": ColumnBirth, "date of birth": ColumnBirth,
	"gioi tinh": ColumnSex, "sex": ColumnSex,
	"dien thoai": ColumnPhone, "so dien thoai": ColumnPhone, "sdt": ColumnPhone, "di dong": ColumnPhone, "phone": ColumnPhone, "phone number": ColumnPhone,
}

// A MissingColumn says that the head of a spreadsheet lacks a column.
type MissingColumn struct{ Column Column }

func (e *MissingColumn) Error() string {
	return "identity: the spreadsheet has no column " + string(e.Column)
}

// A SheetCode says what is wrong with a cell, or what is proposed for it.
type SheetCode string

// Codes of cells. Those of proposals and notes stand last.
const (
	SheetEmpty     SheetCode = "empty"
	SheetLength    SheetCode = "length"    // not 12 digits
	SheetOldCard   SheetCode = "old_card"  // nine digits
	SheetRounded   SheetCode = "rounded"   // 9.9E+10: Excel has dropped digits
	SheetTwice     SheetCode = "twice"     // stands earlier in the file
	SheetTaken     SheetCode = "taken"     // has an account
	SheetOwn       SheetCode = "own"       // the officer's own number
	SheetName      SheetCode = "name"      // digits or signs, too long
	SheetDate      SheetCode = "date"      // no date that can be
	SheetSex       SheetCode = "sex"       // neither
	SheetPhone     SheetCode = "phone"     // no mobile number
	SheetZero      SheetCode = "zero"      // proposal: the zero that Excel ate
	SheetTCVN3     SheetCode = "tcvn3"     // proposal: read as TCVN3
	SheetVNI       SheetCode = "vni"       // proposal: read as VNI
	SheetSerial    SheetCode = "serial"    // proposal: a number of Excel's days
	SheetDisagrees SheetCode = "disagrees" // note: number, sex and year of birth
)

// mends are the codes of proposals and notes: the row counts if the officer
// agrees.
var mends = map[SheetCode]bool{SheetZero: true, SheetTCVN3: true, SheetVNI: true, SheetSerial: true, SheetDisagrees: true}

// Mend reports a proposal or a note.
func (c SheetCode) Mend() bool { return mends[c] }

// A SheetFault is one thing about one cell.
type SheetFault struct {
	Column   Column    `json:"c"`
	Code     SheetCode `json:"k"`
	Was      string    `json:"w,omitempty"` // as it stands in the file
	Proposal string    `json:"p,omitempty"`
}

// A RowOutcome is what became of a row.
type RowOutcome string

// The outcomes; before the import every row has none.
const (
	RowWritten RowOutcome = "written"
	RowTaken   RowOutcome = "taken"   // somebody else made the account meanwhile
	RowSkipped RowOutcome = "skipped" // refused, or a proposal that was not agreed to
)

// A SheetRow is a row as it would be written.
type SheetRow struct {
	Line      int          `json:"l"`
	Number    string       `json:"n"`
	Name      string       `json:"t"`
	BirthDate string       `json:"b"`
	Sex       string       `json:"s"`
	Phone     string       `json:"d"`
	Faults    []SheetFault `json:"f,omitempty"`
	AccountID string       `json:"a,omitempty"`
	Outcome   RowOutcome   `json:"o,omitempty"`
}

// Refused reports a row that cannot be written; Mended one that can if its
// proposals are agreed to.
func (r SheetRow) Refused() bool {
	for _, f := range r.Faults {
		if !f.Code.Mend() {
			return true
		}
	}
	return false
}

// Mended reports a row with proposals or notes only.
func (r SheetRow) Mended() bool { return len(r.Faults) > 0 && !r.Refused() }

func (r *SheetRow) fault(c Column, code SheetCode, was, proposal string) {
	r.Faults = append(r.Faults, SheetFault{c, code, was, proposal})
}

// columnsOf finds the columns by the words of the head.
func columnsOf(head xlsx.Row) (map[Column]int, error) {
	at := map[Column]int{}
	for i, cell := range head.Cells {
		text := cell.Text
		if _, unicode := vn.DetectLegacy(text); unicode != text {
			text = unicode
		}
		words := strings.Join(strings.FieldsFunc(vn.Fold(text), func(r rune) bool { return !unicode.IsLetter(r) }), " ")
		if c, ok := heads[words]; ok {
			if _, twice := at[c]; !twice {
				at[c] = i
			}
		}
	}
	for _, c := range Columns() {
		if _, ok := at[c]; !ok {
			return nil, &MissingColumn{c}
		}
	}
	return at, nil
}

// readRow judges a row as far as it alone tells.
func readRow(s xlsx.Sheet, row xlsx.Row, at map[Column]int, now time.Time) SheetRow {
	r := SheetRow{Line: row.Line}
	r.readNumber(row.At(at[ColumnNumber]))
	r.readName(row.At(at[ColumnName]).Text)
	r.readBirth(s, row.At(at[ColumnBirth]), now)
	r.readSex(row.At(at[ColumnSex]).Text)
	r.readPhone(row.At(at[ColumnPhone]))
	if n, err := vn.ParseIdentityNumber(r.Number); err == nil && r.Sex != "" && r.BirthDate != "" {
		if len(n.Check(vn.Sex(r.Sex), vn.BirthYear(r.BirthDate))) > 0 {
			r.fault(ColumnNumber, SheetDisagrees, "", "")
		}
	}
	return r
}

func (r *SheetRow) readNumber(c xlsx.Cell) {
	text := c.Text
	if digits, ok := c.Number(); ok {
		text = digits
	}
	n, err := vn.ParseIdentityNumber(text)
	switch {
	case err == nil:
		r.Number = n.Digits()
	case text == "":
		r.fault(ColumnNumber, SheetEmpty, "", "")
	case strings.ContainsAny(text, "eE") && strings.Trim(text, "0123456789.,+eE") == "":
		r.fault(ColumnNumber, SheetRounded, c.Text, "")
	case errors.Is(err, vn.ErrIdentityOldCard):
		r.fault(ColumnNumber, SheetOldCard, text, "")
	default:
		// Eleven digits: a number of a province code below 100 that Excel
		// took for a number.
		if n, err := vn.ParseIdentityNumber("0" + text); err == nil && !strings.HasPrefix(text, "0") {
			r.Number = n.Digits()
			r.fault(ColumnNumber, SheetZero, text, n.Digits())
			return
		}
		r.fault(ColumnNumber, SheetLength, text, "")
	}
}

// maxSheetName bounds a name, in characters.
const maxSheetName = 100

func (r *SheetRow) readName(text string) {
	name := strings.Join(strings.Fields(norm.NFC.String(text)), " ")
	switch kind, unicoded := vn.DetectLegacy(name); kind {
	case vn.TCVN3:
		r.fault(ColumnName, SheetTCVN3, name, unicoded)
		name = unicoded
	case vn.VNI:
		r.fault(ColumnName, SheetVNI, name, unicoded)
		name = unicoded
	}
	letters := 0
	for _, c := range name {
		switch {
		case unicode.IsLetter(c):
			letters++
		case unicode.Is(unicode.Mn, c) || strings.ContainsRune(" '’-.", c):
		default:
			letters = -maxSheetName
		}
	}
	switch {
	case name == "":
		r.fault(ColumnName, SheetEmpty, "", "")
	case letters <= 0 || len([]rune(name)) > maxSheetName:
		r.fault(ColumnName, SheetName, name, "")
	default:
		r.Name = name
	}
}

// birthForms are the ways in which people write a day.
var birthForms = []string{"2/1/2006", "2-1-2006", "2.1.2006", time.DateOnly}

const (
	oldestYear = 1900
	// firstSerial is a bare number from which a day is guessed: below it years
	// are meant.
	firstSerial = 3000
)

func (r *SheetRow) readBirth(s xlsx.Sheet, c xlsx.Cell, now time.Time) {
	thisYear := now.In(vn.Zone).Year()
	fits := func(t time.Time) bool { return t.Year() >= oldestYear && !t.After(now.In(vn.Zone)) }
	if c.Text == "" {
		r.fault(ColumnBirth, SheetEmpty, "", "")
		return
	}
	for _, form := range birthForms {
		if t, err := time.Parse(form, c.Text); err == nil && fits(t) {
			r.BirthDate = t.Format(time.DateOnly)
			return
		}
	}
	if y := vn.BirthYear(c.Text); len(c.Text) == 4 && y >= oldestYear && y <= thisYear {
		r.BirthDate = c.Text
		return
	}
	if day, ok := s.Day(c); ok && fits(day) {
		switch {
		case c.Shown != c.Text: // formatted as a day
			r.BirthDate = day.Format(time.DateOnly)
			return
		case day.Sub(time.Date(oldestYear, 1, 1, 0, 0, 0, 0, time.UTC)) > firstSerial*24*time.Hour:
			r.BirthDate = day.Format(time.DateOnly)
			r.fault(ColumnBirth, SheetSerial, c.Text, day.Format("02/01/2006"))
			return
		}
	}
	r.fault(ColumnBirth, SheetDate, c.Text, "")
}

func (r *SheetRow) readSex(text string) {
	if _, unicoded := vn.DetectLegacy(text); unicoded != "" {
		text = unicoded
	}
	switch vn.Fold(text) {
	case "nam", "male":
		r.Sex = string(vn.Male)
	case "nu", "female":
		r.Sex = string(vn.Female)
	case "":
		r.fault(ColumnSex, SheetEmpty, "", "")
	default:
		r.fault(ColumnSex, SheetSex, text, "")
	}
}

func (r *SheetRow) readPhone(c xlsx.Cell) {
	text := c.Text
	if digits, ok := c.Number(); ok {
		text = digits
	}
	phone, err := vn.ParseMobile(text)
	switch {
	case err == nil:
		r.Phone = phone
	case text == "":
		r.fault(ColumnPhone, SheetEmpty, "", "")
	default:
		if phone, err := vn.ParseMobile("0" + text); err == nil && !strings.HasPrefix(text, "0") {
			r.Phone = phone
			r.fault(ColumnPhone, SheetZero, text, vn.NationalMobile(phone))
			return
		}
		r.fault(ColumnPhone, SheetPhone, text, "")
	}
}
