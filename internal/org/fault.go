package org

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Field is a field of the personal page.
type Field string

// The fields, in the order of the page.
const (
	FieldName            Field = "name"
	FieldSex             Field = "sex"
	FieldAddress         Field = "address"
	FieldBirthDate       Field = "birth_date"
	FieldEmail           Field = "email"
	FieldAvatar          Field = "avatar"
	FieldNumber          Field = "number"
	FieldPhone           Field = "phone"
	FieldReceiptAccount  Field = "receipt_account"
	FieldReceiptPassword Field = "receipt_password"
	FieldDefaultPage     Field = "default_page"
)

// Fields returns all fields in the order of the page.
func Fields() []Field {
	return []Field{FieldName, FieldSex, FieldAddress, FieldBirthDate, FieldEmail, FieldAvatar, FieldNumber, FieldPhone,
		FieldReceiptAccount, FieldReceiptPassword, FieldDefaultPage}
}

// A Code says what is wrong with a field, or worth a second look; the site has
// the sentence.
type Code string

// What a field may be refused for.
const (
	CodeRequired  Code = "required"
	CodeLong      Code = "long"      // Arg: the most characters allowed
	CodeInvisible Code = "invisible" // characters that nobody sees, or that turn text around
	CodeLetter    Code = "letter"    // Arg: the character that stands in no name
	CodeAlphabet  Code = "alphabet"  // Arg: the letter of another alphabet
	CodeNoLetter  Code = "no_letter" // signs alone
	CodeUnknown   Code = "unknown"   // not one of the choices
	CodeMalformed Code = "malformed"

	CodeIncomplete Code = "incomplete" // day, month or year is missing
	CodeDay        Code = "day"        // no day of any month
	CodeMonth      Code = "month"
	CodeYear       Code = "year"      // not four digits
	CodeNoSuchDay  Code = "no_day"    // 30/02, 31/04; Arg: the date as typed
	CodeNotLeap    Code = "not_leap"  // 29/02 of a year that has none; Arg: the year
	CodeFuture     Code = "future"    // not born yet
	CodeTooYoung   Code = "too_young" // Arg: the least age
	CodeTooOld     Code = "too_old"   // Arg: the greatest age

	CodeCharacter      Code = "character"       // something else than digits
	CodeLength         Code = "length"          // not 12 digits
	CodeOldCard        Code = "old_card"        // 9 digits, an old CMND
	CodeTaken          Code = "taken"           // another officer has it
	CodeCertifiedOther Code = "certified_other" // the list names another for this officer; Arg: its masked end
	CodeCertifiedHeld  Code = "certified_held"  // the list names it for somebody else
	CodeNotMobile      Code = "not_mobile"

	CodeNoAccount  Code = "no_account"  // a password without an account
	CodeNotAllowed Code = "not_allowed" // a page that none of the posts may open
	CodeGone       Code = "gone"        // the picture waited too long
)

// What is only warned of.
const (
	CodeSexDiffers     Code = "sex_differs"     // fourth digit and sex
	CodeCenturyDiffers Code = "century_differs" // fourth digit and year of birth
	CodeYearDiffers    Code = "year_differs"    // fifth and sixth digit and year of birth
	CodeSMSLimit       Code = "sms_limit"       // no code could be sent now
)

// A Fault is one thing about one field.
type Fault struct {
	Field Field
	Code  Code
	Arg   string // for the sentence; "" mostly
}

// Faults says which fields of a form cannot be accepted. Nothing was changed.
type Faults struct{ Fields map[Field][]Fault }

func (e *Faults) Error() string {
	var b strings.Builder
	b.WriteString("org: not acceptable:")
	for _, f := range Fields() {
		for _, one := range e.Fields[f] {
			fmt.Fprintf(&b, " %s %s", f, one.Code)
		}
	}
	return b.String()
}

func (e *Faults) add(f Field, c Code, arg string) {
	if e.Fields == nil {
		e.Fields = map[Field][]Fault{}
	}
	e.Fields[f] = append(e.Fields[f], Fault{f, c, arg})
}

// none returns nil when there are no faults, so that an empty *Faults never
// becomes an error.
func (e *Faults) none() error {
	if len(e.Fields) == 0 {
		return nil
	}
	return e
}

func fault(f Field, c Code, arg string) error {
	e := &Faults{}
	e.add(f, c, arg)
	return e
}

// A Changed is a field that somebody else changed meanwhile, and what it holds
// now; Now is "" for a secret and for the picture.
type Changed struct {
	Field Field
	Now   string
}

// Conflict says that the profile was changed after the form was made. Nothing
// of the form was saved; with Version it can be sent again.
type Conflict struct {
	By      string // name of who made the last change
	Self    bool   // it was the same officer, in another tab
	At      time.Time
	Fields  []Changed
	Version int64
}

func (e *Conflict) Error() string { return "org: the profile was changed meanwhile" }

var (
	// ErrNeedPassword and ErrWrongPassword ask for the officer's own password:
	// a number that is there is not changed without.
	ErrNeedPassword  = errors.New("org: the password is needed")
	ErrWrongPassword = errors.New("org: wrong password")
	// ErrNotAllowed says that the active post has no right to this.
	ErrNotAllowed = errors.New("org: the post does not allow this")
	// ErrSelf says that one cannot do this to oneself.
	ErrSelf = errors.New("org: not on oneself")
)
