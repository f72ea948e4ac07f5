package office

import (
	"motcua/internal/identity"
	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

func importShots() []gallery.Shot {
	form := func(name string, p importPage) gallery.Shot {
		p.MaxRows, p.MaxMegabytes = 20000, 5
		return gallery.Shot{Page: "import", Name: name, Path: pathImport, Error: p.Error(), Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			return p
		}}
	}
	rows := []identity.SheetRow{
		{Line: 9, Name: "Nguyễn Văn Sai", Faults: []identity.SheetFault{{Column: identity.ColumnNumber, Code: identity.SheetLength, Was: "123"}, {Column: identity.ColumnBirth, Code: identity.SheetDate, Was: "30/02/1984"},
			{Column: identity.ColumnSex, Code: identity.SheetSex, Was: "ông"}, {Column: identity.ColumnPhone, Code: identity.SheetEmpty}}},
		{Line: 3, Number: "099084001302", Name: "Nguyễn Văn Tú", BirthDate: "1984-03-27", Sex: "male", Phone: "+84900000002", Outcome: identity.RowWritten, Faults: []identity.SheetFault{
			{Column: identity.ColumnNumber, Code: identity.SheetZero, Was: "99084001302", Proposal: "099084001302"}, {Column: identity.ColumnName, Code: identity.SheetTCVN3, Was: "NguyÔn V¨n Tó", Proposal: "Nguyễn Văn Tú"}}},
		{Line: 2, Number: "099084001300", Name: "Nguyễn Văn Tốt", BirthDate: "1984", Sex: "female", Phone: "+84900000002", Outcome: identity.RowTaken},
	}
	preview := func(name string, p previewPage) gallery.Shot {
		p.ID, p.File, p.Until, p.Good, p.Mended, p.Refused = "i1", "Danh sách.xlsx", "09:10, 19/11/2026", 1, 1, 1
		return gallery.Shot{Page: "import-preview", Name: name, Path: pathImport + "/i1", Data: func(b web.Base) any {
			p.page = at(b, identityVisit())
			for _, row := range rows {
				line := previewRow{Line: row.Line, Refused: row.Refused(), Mended: row.Mended()}
				if p.Applied {
					line.Outcome = rowOutcome(b, row)
				}
				for _, c := range identity.Columns() {
					line.Cells = append(line.Cells, previewCellOf(b, row, c))
				}
				p.Rows = append(p.Rows, line)
			}
			return p
		}}
	}
	return []gallery.Shot{form("fresh", importPage{}), form("dropped", importPage{Done: "Đã bỏ bảng tính."}),
		form("refused", importPage{Faults: []fault{{boxFile, "Tệp có macro nên không nhận."}}}),
		preview("staged", previewPage{Part: 1, Parts: 3}), preview("middle", previewPage{Part: 2, Parts: 3}),
		preview("applied", previewPage{Part: 1, Parts: 1, Applied: true, Written: 2, Letters: 2, Done: "Đã nhập xong."})}
}
