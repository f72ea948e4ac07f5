package portal

import (
	"embed"
	"html/template"
	"io/fs"
	"time"

	"motcua/internal/vn"
	"motcua/internal/web"
)

// The files pages*.go hold what each page shows: one struct per template of
// the same name. A page knows its own title (Title), so that handlers only say what
// happened.

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

// chapter is one chapter of the user guide.
type chapter struct {
	Slug    string // last part of its path under /huong-dan/
	Title   string // Vietnamese, as the guide is
	Summary string
}

// Path is where the chapter is read.
func (c chapter) Path() string { return "/huong-dan/" + c.Slug }

// homePage is the page "home".
type homePage struct {
	web.Base
	Chapters []chapter
}

func (p homePage) Title() string { return p.T("portal.home.title", p.Contact.Province) }

// citizenPage is the page "citizen", "Trang của tôi".
type citizenPage struct {
	web.Base
	// SignedInAt is when this session began, ReceivedAt when the data came.
	SignedInAt, ReceivedAt time.Time
	// IdleMinutes is the idle time after which the session ends.
	IdleMinutes int

	Name       string
	NumberTail string // last four digits of the identity number, may be ""
	BirthDate  string // 2006-01-02 or a year, may be ""
	Sex        string // "male", "female" or ""
	PhoneTail  string // last three digits, may be ""
	Level      string // "1", "2" or ""

	// Visits are the last sign-ins, newest first.
	Visits []visit
}

// visit is one sign-in as the citizen sees it.
type visit struct {
	At     time.Time
	Device string // "Chrome trên Windows", or "" when not recognised
	Place  string // label of a configured network, or "" when there is none
	This   bool   // the present session
}

// When is the moment of the sign-in.
func (v visit) When() string { return vn.DateTime(v.At) }

func (p citizenPage) Title() string { return p.T("portal.citizen.title") }

// Began and Received are moments as the page writes them.
func (p citizenPage) Began() string    { return vn.DateTime(p.SignedInAt) }
func (p citizenPage) Received() string { return vn.DateTime(p.ReceivedAt) }

// Birth is the date of birth as the page writes it.
func (p citizenPage) Birth() string { return vn.BirthDate(p.BirthDate) }

// SexWord is the sex in words, or "".
func (p citizenPage) SexWord() string {
	switch p.Sex {
	case "male":
		return p.T("portal.citizen.male")
	case "female":
		return p.T("portal.citizen.female")
	}
	return ""
}

// signedOutPage is the page "signed-out".
type signedOutPage struct {
	web.Base
	// ProviderReached is false when the provider did not answer: then only
	// the portal's session is known to be over (RP-11).
	ProviderReached bool
	// NoSignOut: the provider has no place to sign out.
	NoSignOut bool
}

func (p signedOutPage) Title() string { return p.T("portal.signedout.title") }

// helpPage is the page "help".
type helpPage struct{ web.Base }

func (p helpPage) Title() string { return p.T("portal.help.title") }

// privacyPage is the page "privacy".
type privacyPage struct{ web.Base }

func (p privacyPage) Title() string { return p.T("portal.privacy.title") }

// guidePage is the page "guide": the list of chapters.
type guidePage struct {
	web.Base
	Chapters []chapter
}

func (p guidePage) Title() string { return p.T("portal.guide.title") }

// chapterPage is the page "chapter".
type chapterPage struct {
	web.Base
	Chapter chapter
	// Body is the chapter's text, made of docs/huong-dan when the program is
	// built. Its headings begin at h2: the page writes the title.
	Body template.HTML
	// Previous and Next are nil at the ends.
	Previous, Next *chapter
}

func (p chapterPage) Title() string { return p.Chapter.Title }
