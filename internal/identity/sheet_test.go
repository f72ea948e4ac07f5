package identity_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"motcua/internal/db"
	"motcua/internal/db/dbtest"
	"motcua/internal/identity"
	"motcua/internal/identity/identitytest"
	"motcua/internal/xlsx"
)

// sheet makes one of rows in the template's order: number, name, birth, sex,
// phone.
func sheet(rows ...[]string) xlsx.Sheet {
	s := xlsx.Sheet{Head: row(1, "Số định danh", "Họ và tên", "Ngày sinh", "Giới tính", "Số điện thoại")}
	for i, r := range rows {
		s.Rows = append(s.Rows, row(i+2, r...))
	}
	return s
}

func row(line int, cells ...string) xlsx.Row {
	r := xlsx.Row{Line: line}
	for _, c := range cells {
		stored, shown, ok := strings.Cut(c, "→")
		if !ok {
			shown = stored
		}
		r.Cells = append(r.Cells, xlsx.Cell{Text: stored, Shown: shown})
	}
	return r
}

func TestAdmin_SheetRowsAreJudgedCellByCell(t *testing.T) {
	r := identitytest.New(t, dbtest.New(t, db.SQLite), identity.Limits{})
	r.AddPerson(t)
	for _, c := range []struct {
		row  []string
		want string // column code proposal …
	}{
		{[]string{"099084001300", "Nguyễn Văn Tốt", "27/03/1984", "Nam", "0900000001"}, ""},
		{[]string{"099184001300", "Nguyễn Thị Tốt", "1984", "Nữ", "+84 900 000 001"}, ""},
		{[]string{"099084001301", "Nguyễn Văn Số", "30768→03-27-84", "Nam", "0900000001"}, ""},
		{[]string{"99084001302", "Nguyễn Văn Không", "27-3-1984", "nam", "900000001"}, "number zero 099084001302, phone zero 0900 000 001"},
		{[]string{"099084001303", "NguyÔn V¨n Tó", "27/03/1984", "Nam", "0900000001"}, "name tcvn3 Nguyễn Văn Tú"},
		{[]string{"099184001304", "Nguyeãn Thò Tuù", "27/03/1984", "Nöõ", "0900000001"}, "name vni Nguyễn Thị Tú"},
		{[]string{"099084001305", "Nguyễn Văn Ngày", "30768", "Nam", "0900000001"}, "birth serial 27/03/1984"},
		{[]string{"9.9084E+10", "Nguyễn Văn Tròn", "27/03/1984", "Nam", "0900000001"}, "number rounded "},
		{[]string{"9.9084001302E+10", "Nguyễn Văn Đủ", "27/03/1984", "Nam", "0900000001"}, "number zero 099084001302"},
		{[]string{"9,9084E+10", "Nguyễn Văn Tròn", "27/03/1984", "Nam", "0900000001"}, "number rounded "},
		{[]string{"09908400130", "Nguyễn Văn Ngắn", "27/03/1984", "Nam", "0900000001"}, "number length "},
		{[]string{"012345678", "Nguyễn Văn Cũ", "27/03/1984", "Nam", "0900000001"}, "number old_card "},
		{[]string{identitytest.Number, "Nguyễn Hữu Ưỡng", "27/03/1984", "Nam", "0900000001"}, "number taken "},
		{[]string{"099084001300", "Nguyễn Văn Hai", "27/03/1984", "Nam", "0900000001"}, "number twice "},
		{[]string{"099084001306", "Nguyễn Văn 2", "30/02/1984", "ông", "0241234567"}, "name name , birth date , sex sex , phone phone "},
		{[]string{"", "", "", "", ""}, "number empty , name empty , birth empty , sex empty , phone empty "},
		{[]string{"099084001307", "Nguyễn Thị Khác", "27/03/1994", "Nữ", "0900000001"}, "number disagrees "},
		{[]string{"099084001308", "=HYPERLINK(1)", "27/03/2984", "Nam", "0900000001"}, "name name , birth date "},
		{[]string{"099084001309", "Nguyễn Văn Tám", "27/03/84", "Nam", "0900000001"}, "birth date "},
	} {
		id, err := r.People.StageImport(t.Context(), diep, "a.xlsx", sheet([]string{"099084001300", "Người Trước", "1984", "Nam", "0900000001"}, c.row))
		if err != nil {
			t.Fatal(err)
		}
		_, rows, err := r.People.ImportRows(t.Context(), diep, id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range rows[1].Faults {
			if f.Code == identity.SheetTwice && c.want == "" {
				continue // the row before is only there for "twice"
			}
			got = append(got, fmt.Sprintf("%s %s %s", f.Column, f.Code, f.Proposal))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%q: %q, want %q", c.row, strings.Join(got, ", "), c.want)
		}
		if err := r.People.DropImport(t.Context(), diep, id); err != nil {
			t.Error(err)
		}
	}
	bad := sheet()
	bad.Head = row(1, "Số định danh", "Họ tên")
	var missing *identity.MissingColumn
	if _, err := r.People.StageImport(t.Context(), diep, "a.xlsx", bad); !errors.As(err, &missing) || missing.Column != identity.ColumnBirth {
		t.Errorf("a head without columns: %v", err)
	}
}

func TestAdmin_NothingIsWrittenBeforeTheImport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		ctx := t.Context()
		id, err := r.People.StageImport(ctx, diep, "dân số.xlsx", sheet(
			[]string{"099084001300", "Nguyễn Văn Tốt", "27/03/1984", "Nam", "0900000001"},
			[]string{"99084001302", "Nguyễn Văn Không", "27/03/1984", "Nam", "0900000002"},
			[]string{"1", "Nguyễn Văn Sai", "27/03/1984", "Nam", "0900000003"},
			[]string{"099084001305", "Nguyễn Văn Nhanh", "27/03/1984", "Nam", "0900000004"}))
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, `SELECT count(*) FROM account`); n != 0 {
			t.Errorf("%d accounts after the upload", n)
		}
		if n := count(t, d, `SELECT count(*) FROM account_import_part WHERE data LIKE '%099084%' OR data LIKE '%Nguy%'`); n != 0 {
			t.Error("rows lie there in the clear")
		}
		i, rows, err := r.People.OpenImport(ctx, diep, id, 0)
		if err != nil || i.Good != 2 || i.Mended != 1 || i.Refused != 1 || len(rows) != 4 || !rows[0].Refused() || !rows[1].Mended() {
			t.Fatalf("%+v %+v (%v)", i, rows, err)
		}
		if _, _, err := r.People.OpenImport(ctx, loc, id, 0); !errors.Is(err, identity.ErrNoImport) {
			t.Errorf("another officer sees it: %v", err)
		}
		if _, err := r.People.ApplyImport(ctx, loc, id, true); !errors.Is(err, identity.ErrNoImport) {
			t.Errorf("another officer imports it: %v", err)
		}
		// Somebody makes one of them meanwhile.
		a := newcomer(1)
		a.Number = "099084001305"
		if _, err := r.People.CreateAccount(ctx, loc, a, identity.CheckCard); err != nil {
			t.Fatal(err)
		}
		n, err := r.People.ApplyImport(ctx, diep, id, true)
		if err != nil || n != 2 {
			t.Fatalf("%d accounts (%v)", n, err)
		}
		if _, err := r.People.ApplyImport(ctx, diep, id, true); !errors.Is(err, identity.ErrImportOver) {
			t.Errorf("twice: %v", err)
		}
		_, rows, err = r.People.ImportRows(ctx, diep, id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, strconv.Itoa(r.Line)+string(r.Outcome))
		}
		if s := strings.Join(got, " "); s != "2written 3written 4skipped 5taken" {
			t.Errorf("outcomes %s", s)
		}
		made, err := r.People.Find(ctx, d, "099084001302")
		if err != nil || made.Level != 1 || made.PasswordHash != nil || made.Name != "Nguyễn Văn Không" {
			t.Errorf("%+v (%v)", made, err)
		}
		letters, err := r.People.ImportLetters(ctx, diep, id, 0)
		if err != nil || len(letters) != 2 {
			t.Fatalf("%d letters (%v)", len(letters), err)
		}
		if err := r.People.SetPassword(ctx, identitytest.Source, letters[0].Number, letters[0].Code, identitytest.Password); err != nil {
			t.Error(err)
		}
		if again, err := r.People.ImportLetters(ctx, diep, id, 0); err != nil || len(again) != 1 {
			t.Errorf("%d letters for who has no password (%v)", len(again), err)
		}
		r.Clock.Advance(24 * time.Hour)
		if _, _, err := r.People.OpenImport(ctx, diep, id, 0); !errors.Is(err, identity.ErrNoImport) {
			t.Errorf("a day later: %v", err)
		}
		if err := r.People.Purge(ctx); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, `SELECT count(*) FROM account_import`) + count(t, d, `SELECT count(*) FROM account_import_part`); n != 0 {
			t.Errorf("%d rows stay", n)
		}
	})
}

func TestAdmin_ProposalsOnlyIfAgreed(t *testing.T) {
	r := identitytest.New(t, dbtest.New(t, db.SQLite), identity.Limits{})
	id, err := r.People.StageImport(t.Context(), diep, "a.xlsx", sheet([]string{"99084001302", "Nguyễn Văn Không", "27/03/1984", "Nam", "0900000002"}))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.People.ApplyImport(t.Context(), diep, id, false); err != nil || n != 0 {
		t.Errorf("%d (%v)", n, err)
	}
}

// Twenty thousand rows are judged and written within the time of a request.
func TestAdmin_ImportOfTheLargestSheet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := identitytest.New(t, d, identity.Limits{})
		s := sheet()
		for i := range xlsx.MaxRows {
			s.Rows = append(s.Rows, row(i+2, fmt.Sprintf("0990840%05d", i), "Nguyễn Văn Đông", "27/03/1984", "Nam", "0900000001"))
		}
		id, err := r.People.StageImport(t.Context(), diep, "a.xlsx", s)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := r.People.ApplyImport(t.Context(), diep, id, false); err != nil || n != xlsx.MaxRows {
			t.Errorf("%d (%v)", n, err)
		}
	})
}
