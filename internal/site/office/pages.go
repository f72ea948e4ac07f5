package office

import (
	"embed"
	"io/fs"
	"time"

	"motcua/internal/i18n"
	"motcua/internal/web"
)

// The files pages*.go hold what each page shows: one struct per template of
// the same name. A page knows its own title (Title) and whether a form was
// refused (Error), so that handlers only say what happened.

//go:embed templates/*.html
var templates embed.FS

// NewRenderer returns the renderer of this site's pages.
func NewRenderer() (*web.Renderer, error) {
	pages, err := fs.Sub(templates, "templates")
	if err != nil {
		return nil, err
	}
	return web.NewRenderer(pages)
}

// frontPage is the page "front": what this site is, before anybody signs in.
type frontPage struct{ web.Base }

func (p frontPage) Title() string { return p.T("office.front.title") }

// keptPage is the page "kept": a form that came too late, given back.
type keptPage struct {
	page
	form
}

func (p keptPage) Title() string { return p.T("office.kept.title") }

// movedPage is the page "moved": the active post has changed since the form
// was made.
type movedPage struct {
	page
	form
	// Before is the form's post; zero when the officer no longer has it.
	Before web.WorkPost
}

func (p movedPage) Title() string { return p.T("office.moved.title") }

// homePage is the page "home" of a signed-in officer.
type homePage struct {
	page
	// Note is a sentence about what has just happened; Fallen tells that it is
	// a warning.
	Note   string
	Fallen bool
	Today  string
	Posts  []homePost
	Visits []signInLine
	Meter  meter
	// TOTP tells whether the second factor is on.
	TOTP bool
}

// homePost is one of the officer's posts; From and To are days, To "" without
// an end.
type homePost struct {
	web.WorkPost
	From, To string
}

func (p homePage) Title() string { return p.T("office.home.title") }

// signedOutPage is the page "signed-out".
type signedOutPage struct {
	web.Base
	// Shared: on a shared machine, where all that was kept has been cleared.
	Shared bool
}

func (p signedOutPage) Title() string { return p.T("office.signedout.title") }

// ask is a form of the way in that was refused: what to say at which field.
type ask struct {
	web.Base
	// Back is the page wanted, or "".
	Back   string
	Shared bool
	// FieldError stands at the field, FormError over the form; Left goes with
	// neither but in their words.
	FieldError, FormError string
}

func (p ask) Error() bool { return p.FieldError != "" || p.FormError != "" }

// signInPage is the page "sign-in".
type signInPage struct {
	ask
	Username string // as typed
	// NameError and FieldError (of the password) stand at the fields.
	NameError string
	// Note is a sentence that is no error: why the person is here again.
	Note string
}

func (p signInPage) Title() string { return p.T("office.signin.title") }
func (p signInPage) Error() bool   { return p.ask.Error() || p.NameError != "" }

// lockedPage is the page "locked": the lock screen.
type lockedPage struct {
	ask
	Name, Initials string
}

func (p lockedPage) Title() string { return p.T("web.office.locked") }

func wait(lang string, d time.Duration) string { return i18n.Wait(lang, d) }
