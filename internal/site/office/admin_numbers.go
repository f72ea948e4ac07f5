package office

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"motcua/internal/org"
)

// maxList bounds the list of numbers, in bytes: org.MaxNumbers lines of the
// longest username and a number are 94 KB.
const maxList = 256 << 10

// numbers is "Số CCCD đã phân quyền".
func (s *site) numbers(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	return s.showNumbers(w, r, v, http.StatusOK, func(*numbersPage) {})
}

func (s *site) showNumbers(w http.ResponseWriter, r *http.Request, v org.Visit, status int, set func(*numbersPage)) error {
	page := numbersPage{page: s.page(r, v), MaxRows: org.MaxNumbers, MaxKilobytes: maxList >> 10}
	set(&page)
	return s.Web.Render(w, r, status, "numbers", page)
}

// importNumbers takes the list and says what became of each line.
func (s *site) importNumbers(w http.ResponseWriter, r *http.Request, v org.Visit) error {
	pasted := r.PostForm.Get("dong")
	refuse := func(key string, args ...any) error {
		return s.showNumbers(w, r, v, http.StatusUnprocessableEntity, func(p *numbersPage) {
			p.Rows, p.Faults = pasted, []fault{{boxFile, p.T(key, args...)}}
		})
	}
	var list io.Reader = strings.NewReader(pasted)
	file := uploaded(r)
	switch {
	case file != nil && file.tooLarge:
		return refuse("office.numbers.toobig", org.MaxNumbers)
	case file != nil:
		list = file.reader()
	case strings.TrimSpace(pasted) == "":
		return refuse("office.numbers.missing")
	}
	rows, err := s.Org.ImportNumbers(r.Context(), v, list)
	switch {
	case errors.Is(err, org.ErrListTooLong):
		return refuse("office.numbers.toobig", org.MaxNumbers)
	case errors.Is(err, org.ErrListUnreadable):
		return refuse("office.numbers.unreadable")
	case err != nil:
		return forbidden(err)
	}
	return s.showNumbers(w, r, v, http.StatusOK, func(p *numbersPage) {
		for _, row := range rows {
			said := rowOutcomes[row.Outcome]
			p.Report = append(p.Report, rowReport{row.Line, row.Username, said.ok, p.T(said.key)})
			if said.ok {
				p.Taken++
			}
		}
	})
}

var rowOutcomes = map[org.RowOutcome]struct {
	key string
	ok  bool
}{
	org.RowAdded: {"office.numbers.added", true}, org.RowChanged: {"office.numbers.changed", true}, org.RowSame: {"office.numbers.same", true},
	org.RowOtherTyped: {"office.numbers.othertyped", true}, org.RowNoOfficer: {"office.numbers.nobody", false},
	org.RowBadNumber: {"office.numbers.badnumber", false}, org.RowMalformed: {"office.numbers.malformed", false},
	org.RowTwice: {"office.numbers.twice", false}, org.RowHeld: {"office.numbers.held", false},
}
