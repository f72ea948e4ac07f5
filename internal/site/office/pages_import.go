package office

// importPage is the page "import": choose a spreadsheet.
type importPage struct {
	page
	Done         string
	Faults       []fault
	MaxRows      int
	MaxMegabytes int
}

func (p importPage) Title() string { return p.T("office.import.title") }
func (p importPage) Error() bool   { return len(p.Faults) > 0 }

// Fault is the sentence at a box, or "".
func (p importPage) Fault(box string) string { return faultAt(p.Faults, box) }

// cellFault is a sentence about a cell; Mend tells a proposal.
type cellFault struct {
	Sentence string
	Mend     bool
}

// previewCell is one cell as it would be written.
type previewCell struct {
	Label, Value string
	Number       bool
	Said         []cellFault
}

// previewRow is one row of the spreadsheet.
type previewRow struct {
	Line            int
	Refused, Mended bool
	Cells           []previewCell
	Outcome         string // "" before the import
}

// previewPage is the page "import-preview".
type previewPage struct {
	page
	Done                  string
	ID, File, Until       string
	Good, Mended, Refused int
	Written               int
	Applied               bool
	Rows                  []previewRow
	Part, Parts           int // pages, from 1
	Letters               int // accounts of this page that were made
}

func (p previewPage) Title() string { return p.T("office.import.preview") }

// Columns are the heads of the table.
func (p previewPage) Columns() []string { return columnHeads(p.Base) }

// Earlier and Later are the pages beside this one, 0 for none.
func (p previewPage) Earlier() int { return p.Part - 1 }
func (p previewPage) Later() int {
	if p.Part >= p.Parts {
		return 0
	}
	return p.Part + 1
}
