package office

import (
	"html/template"
	"time"

	"motcua/internal/i18n"
	"motcua/internal/vn"
)

// Boxes of the form "Cập nhật thông tin cá nhân", in the guide's order. A name
// is the box's id, its name when posted, and the part of the page that links
// lead to.
const (
	boxName     = "ho-ten"
	boxSex      = "gioi-tinh"
	boxAddress  = "dia-chi"
	boxBirth    = "ngay"
	boxEmail    = "email"
	boxPicture  = "anh"
	boxNumber   = "cccd"
	boxPhone    = "dt"
	boxReceipt  = "bl-tk"
	boxSecret   = "bl-mk"
	boxPage     = "trang"
	boxPassword = "mk"
)

var guideOrder = []string{boxName, boxSex, boxAddress, boxBirth, boxEmail, boxPicture, boxNumber, boxPassword, boxPhone, boxReceipt, boxSecret, boxPage}

var boxLabels = map[string]string{
	boxName: "office.profile.name", boxSex: "office.profile.sex", boxAddress: "office.profile.address",
	boxBirth: "office.profile.birth", boxEmail: "office.profile.email", boxPicture: "office.profile.picture",
	boxNumber: "office.profile.number", boxPhone: "office.profile.phone", boxReceipt: "office.profile.receipt",
	boxSecret: "office.profile.secret", boxPage: "office.profile.page", boxPassword: "office.profile.password",
}

// meter tells how much of what a profile needs is there.
type meter struct {
	Done, Of         int
	Missing, Advised []missing
}

// missing is something to fill in, and where.
type missing struct{ Label, Href string }

// Full tells that nothing required is missing.
func (m meter) Full() bool { return m.Done >= m.Of }

// person is a profile as pages show it: words, not codes; "" for nothing.
type person struct {
	ID, Name, Initials  string
	Picture             string // digest of the picture
	Sex, Address, Email string
	Birth               string // 27/03/1991
	Number, Phone       string
	// Verified is the day on which the data was compared with VNeID.
	Verified string
	// Certified tells that the number is the one on the province's list.
	Certified bool
	// PhoneConfirmed is the day of the SMS code; Pending is a number that
	// waits for one.
	PhoneConfirmed, Pending string
	Receipt                 string
	ReceiptPassword         bool
	DefaultPage             string
	Changed                 string // when somebody last changed it
}

// postLine is a post as lists show it.
type postLine struct {
	ID, Role, Unit, From, To string
	Active                   bool // the one in use
	Future                   bool // has not begun
}

// signInLine is one sign-in as its officer sees it.
type signInLine struct {
	When, Device, Place string
	This                bool
}

// profilePage is the page "profile", "Trang cá nhân".
type profilePage struct {
	page
	Done     string   // a sentence about what has just been done, or ""
	Trouble  string   // a sentence about what has just failed, or ""
	Differs  []string // what VNeID knows otherwise
	Warnings []string
	Person   person
	Meter    meter
	Posts    []postLine
	SignIns  []signInLine
}

func (p profilePage) Title() string { return p.T("office.profile.title") }

// fault is a sentence about a box.
type fault struct{ Box, Sentence string }

// change is a box that somebody else has changed meanwhile.
type change struct{ Label, Href, Now, Mine string }

// conflict says what happened to a profile since this form was opened.
type conflict struct {
	By      string
	At      time.Time
	Changed []change
}

// When is the moment of the change.
func (c conflict) When() string { return vn.DateTime(c.At) }

// choice is an entry of a list.
type choice struct {
	Value, Label string
	Selected     bool
}

// choices are entries under one heading.
type choices struct {
	Label string
	Pages []choice
}

// editPage is the page "profile-edit", "Cập nhật thông tin cá nhân".
type editPage struct {
	page
	Meter    meter
	Person   person // as stored
	Faults   []fault
	Conflict *conflict
	// AskPassword shows the box for the officer's own password: an existing
	// number is about to change.
	AskPassword bool
	// Retype tells that a password of the receipt account was typed and has
	// to be typed again: passwords are not written back.
	Retype bool

	Version                         int64
	Name, Sex, Address, Email       string // as typed
	Day, Month, Year, Number, Phone string
	Receipt                         string
	NoPicture, Forget               bool
	// Draft is the picture that a refused form brought, Preview its data: URL.
	Draft   string
	Preview template.URL
	Groups  []choices
	Bounds  bounds
}

// bounds are the most characters that boxes take.
type bounds struct{ Name, Address, Email, Number, Phone, Receipt, Password int }

func (p editPage) Title() string { return p.T("office.profile.edit") }

// Error tells whether the form comes back refused.
func (p editPage) Error() bool { return len(p.Faults) > 0 || p.Conflict != nil }

// Fault is the sentence at a box, or "".
func (p editPage) Fault(box string) string { return faultAt(p.Faults, box) }

// phonePage is the page "phone": the code that proves a phone.
type phonePage struct {
	page
	Done      string
	Warnings  []string
	Phone     string // as it is read aloud
	Fault     string
	SendFault string
	Resent    bool
	Over      bool // no code can be entered any more
	ValidFor  time.Duration
	ResendIn  time.Duration
}

func (p phonePage) Title() string { return p.T("office.phone.title") }
func (p phonePage) Error() bool   { return p.Fault != "" }

// Seconds are the whole seconds that a countdown starts from.
func (phonePage) Seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// Count writes a countdown: "2:12".
func (phonePage) Count(d time.Duration) string { return i18n.Count(d) }
