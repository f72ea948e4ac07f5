package office

import (
	"errors"
	"net/http"
	"path"
	"strconv"
	"strings"

	"motcua/internal/identity"
	"motcua/internal/org"
	"motcua/internal/problem"
	"motcua/internal/vn"
	"motcua/internal/web"
	"motcua/internal/xlsx"
)

const pathImport = "/hethong/dinh-danh/nhap"

// importForm is "Nhập từ Excel".
func (s *site) importForm(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	page := importPage{page: s.page(r, v), MaxRows: xlsx.MaxRows, MaxMegabytes: xlsx.MaxFile >> 20}
	page.Done = notice(page.Base, takeNotice(w, r))
	return s.Web.Render(w, r, http.StatusOK, "import", page)
}

// fileFaults say why a file was not taken, and what to do.
var fileFaults = []struct {
	err error
	key string
}{
	{xlsx.ErrTooLarge, "office.import.fault.large"}, {xlsx.ErrTooMany, "office.import.fault.many"}, {xlsx.ErrOld, "office.import.fault.old"},
	{xlsx.ErrMacro, "office.import.fault.macro"}, {xlsx.ErrNotXLSX, "office.import.fault.other"}, {xlsx.ErrBroken, "office.import.fault.broken"},
	{xlsx.ErrEmpty, "office.import.fault.empty"},
}

// uploadAccounts judges a spreadsheet; its accounts are made by another press
// of a button, on the preview.
func (s *site) uploadAccounts(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	refuse := func(key string, args ...any) error {
		page := importPage{page: s.page(r, v), MaxRows: xlsx.MaxRows, MaxMegabytes: xlsx.MaxFile >> 20}
		page.Faults = []fault{{boxFile, page.T(key, args...)}}
		return s.Web.Render(w, r, http.StatusUnprocessableEntity, "import", page)
	}
	file := uploaded(r)
	switch {
	case file == nil:
		return refuse("office.import.fault.none")
	case file.tooLarge:
		return refuse("office.import.fault.large", xlsx.MaxFile>>20)
	case strings.EqualFold(path.Ext(file.name), ".xlsm"):
		return refuse("office.import.fault.macro")
	}
	sheet, err := xlsx.Read(file.data)
	for _, f := range fileFaults {
		switch {
		case !errors.Is(err, f.err):
		case f.err == xlsx.ErrTooLarge:
			return refuse(f.key, xlsx.MaxFile>>20)
		case f.err == xlsx.ErrTooMany:
			return refuse(f.key, xlsx.MaxRows)
		default:
			return refuse(f.key)
		}
	}
	if err != nil {
		return err
	}
	id, err := s.People.StageImport(r.Context(), clerk(v), file.name, sheet)
	if missing, ok := errors.AsType[*identity.MissingColumn](err); ok {
		b := s.page(r, v).Base
		return refuse("office.import.fault.column", b.T(columnWords[missing.Column]))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, pathImport+"/"+id)
}

func noImport(err error) error {
	if errors.Is(err, identity.ErrNoImport) {
		return problem.New(problem.Gone, "office.import.gone", err)
	}
	return noAccount(err)
}

// importPage is the preview of a spreadsheet, and what became of it.
func (s *site) importPage(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	code := takeNotice(w, r)
	return s.showImport(w, r, v, http.StatusOK, func(p *previewPage) { p.Done = notice(p.Base, code) })
}

func (s *site) showImport(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*previewPage)) error {
	part := 0
	if n, err := strconv.Atoi(r.FormValue("trang")); err == nil && n > 0 && n <= xlsx.MaxRows {
		part = n - 1
	}
	i, rows, err := s.People.OpenImport(r.Context(), clerk(v), r.PathValue("id"), part)
	if err != nil {
		return noImport(err)
	}
	page := previewPage{page: s.page(r, v), ID: i.ID, File: i.File, Good: i.Good, Mended: i.Mended, Refused: i.Refused, Written: i.Written, Applied: i.Applied(),
		Part: part + 1, Parts: i.Parts, Until: vn.DateTime(i.ExpiresAt)}
	for _, row := range rows {
		line := previewRow{Line: row.Line, Refused: row.Refused(), Mended: row.Mended(), Outcome: rowOutcome(page.Base, row)}
		if row.Outcome == identity.RowWritten {
			page.Letters++
		}
		for _, c := range identity.Columns() {
			line.Cells = append(line.Cells, previewCellOf(page.Base, row, c))
		}
		page.Rows = append(page.Rows, line)
	}
	set(&page)
	return s.Web.Render(w, r, status, "import-preview", page)
}

func rowOutcome(b web.Base, row identity.SheetRow) string {
	if row.Outcome == "" {
		return ""
	}
	return b.T(outcomeWords[row.Outcome])
}

func rowValue(b web.Base, row identity.SheetRow, c identity.Column) string {
	switch c {
	case identity.ColumnNumber:
		return row.Number
	case identity.ColumnName:
		return row.Name
	case identity.ColumnBirth:
		return vn.BirthDate(row.BirthDate)
	case identity.ColumnSex:
		if row.Sex != "" {
			return b.T(sexWords[row.Sex])
		}
	case identity.ColumnPhone:
		return vn.NationalMobile(row.Phone)
	}
	return ""
}

func previewCellOf(b web.Base, row identity.SheetRow, c identity.Column) previewCell {
	cell := previewCell{Label: b.T(columnWords[c]), Value: rowValue(b, row, c), Number: c == identity.ColumnNumber || c == identity.ColumnPhone}
	for _, f := range row.Faults {
		if f.Column != c {
			continue
		}
		said := b.T(cellWords[f.Code])
		if f.Was != "" {
			said = b.T("office.import.was", f.Was) + " " + said
			if cell.Value == f.Was {
				cell.Value = ""
			}
		}
		cell.Said = append(cell.Said, cellFault{said, f.Code.Mend()})
	}
	return cell
}

// applyImport makes the accounts, or throws the spreadsheet away.
func (s *site) applyImport(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	id := r.PathValue("id")
	if r.PostForm.Get("viec") == "bo" {
		if err := s.People.DropImport(r.Context(), clerk(v), id); err != nil {
			return noImport(err)
		}
		leaveNotice(w, r, "bo-tep")
		return web.Redirect(w, r, pathImport)
	}
	_, err := s.People.ApplyImport(r.Context(), clerk(v), id, r.PostForm.Get("de-xuat") == "1")
	if err != nil && !errors.Is(err, identity.ErrImportOver) {
		return noImport(err)
	}
	leaveNotice(w, r, "da-nhap")
	return web.Redirect(w, r, pathImport+"/"+id)
}

// importLetters prints the letters of one page of an import.
func (s *site) importLetters(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	part, err := strconv.Atoi(r.PostForm.Get("trang"))
	if err != nil || part < 1 || part > xlsx.MaxRows {
		return problem.New(problem.BadRequest, "", errors.New("no such page"))
	}
	letters, err := s.People.ImportLetters(r.Context(), clerk(v), r.PathValue("id"), part-1)
	if err != nil {
		return noImport(err)
	}
	return s.showLetters(w, r, v, pathImport+"/"+r.PathValue("id"), letters)
}

func sendSheet(w http.ResponseWriter, name string, file []byte) error {
	h := w.Header()
	h.Set("Content-Type", xlsx.Type)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(len(file)))
	_, _ = w.Write(file)
	return nil
}

func columnHeads(b web.Base) (head []string) {
	for _, c := range identity.Columns() {
		head = append(head, b.T(columnWords[c]))
	}
	return head
}

// importTemplate is a spreadsheet to fill in. Its cells are texts, so that
// Excel keeps leading zeros.
func (s *site) importTemplate(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	b := s.page(r, v).Base
	rows := [][]string{{"099084001258", "Nguyễn Văn Mẫu", "27/03/1984", "Nam", "0900000001"}}
	for range 200 {
		rows = append(rows, make([]string, len(identity.Columns())))
	}
	file, err := xlsx.Write(b.T("office.import.sheet"), columnHeads(b), rows)
	if err != nil {
		return err
	}
	return sendSheet(w, "mau-tai-khoan.xlsx", file)
}

// importReport tells what became of each row.
func (s *site) importReport(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	b := s.page(r, v).Base
	_, rows, err := s.People.ImportRows(r.Context(), clerk(v), r.PathValue("id"))
	if err != nil {
		return noImport(err)
	}
	head := append([]string{b.T("office.import.line")}, columnHeads(b)...)
	head = append(head, b.T("office.import.outcome"), b.T("office.import.why"))
	out := make([][]string, len(rows))
	for i, row := range rows {
		line := []string{strconv.Itoa(row.Line)}
		var why []string
		for _, c := range identity.Columns() {
			cell := previewCellOf(b, row, c)
			line = append(line, cell.Value)
			for _, f := range cell.Said {
				why = append(why, cell.Label+": "+f.Sentence)
			}
		}
		outcome := rowOutcome(b, row)
		if outcome == "" {
			outcome = b.T("office.import.outcome.none")
		}
		out[i] = append(line, outcome, strings.Join(why, " "))
	}
	file, err := xlsx.Write(b.T("office.import.sheet"), head, out)
	if err != nil {
		return err
	}
	return sendSheet(w, "ket-qua-nhap.xlsx", file)
}
