package office

import (
	"os"
	"slices"
	"testing"
	"time"

	"motcua/internal/org"
	"motcua/internal/session"
	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

// posts are those of the officer who is shown.
func galleryPosts() []org.Post {
	unit, room := "Trung tâm Phục vụ hành chính công phường Phố Hiến", "Phòng Văn hóa - Xã hội phường Phố Hiến"
	return []org.Post{
		{ID: "p1", Role: org.RoleReception, UnitID: &unit, UnitName: &unit},
		{ID: "p2", Role: org.RoleHandler, UnitID: &room, UnitName: &room},
		{ID: "p3", Role: org.RoleAdmin},
	}
}

// galleryVisit is an officer at work under one of the posts.
func galleryVisit(post int) org.Visit {
	last := time.Date(2026, 11, 17, 9, 52, 0, 0, time.UTC)
	posts := galleryPosts()
	return org.Visit{Session: session.Session{ID: "s1", Idle: 30 * time.Minute}, Officer: org.Officer{ID: "o1", Username: "duyen.ltm", Name: "Lê Thị Mỹ Duyên"},
		Post: posts[post], Posts: posts, Left: 30 * time.Minute, LastSignIn: &last}
}

// at makes what pages behind the sign-in know of a visit.
func at(b web.Base, v org.Visit) page {
	b.User = (&site{}).greet(b, v)
	return page{Base: b, PostID: v.Post.ID}
}

// shots are all pages in all states.
func shots() []gallery.Shot {
	shared := galleryVisit(0)
	shared.Shared, shared.Left, shared.Officer.Avatar = true, 5*time.Minute, "0a1b2c"
	nobody := galleryVisit(0)
	nobody.Post, nobody.Posts, nobody.LastSignIn = org.Post{}, nil, nil
	given := form{Action: "/hethong/doi-quyen", Fields: []hidden{{"quyen", "p1"}, {"ho-ten", "Lê Thị Mỹ Duyên"}}}
	parts := given
	parts.Parts = true
	home := func(name string, v org.Visit, fill func(*homePage)) gallery.Shot {
		return gallery.Shot{Page: "home", Name: name, Path: pathHome, Data: func(b web.Base) any {
			p := homePage{page: at(b, v), Today: "18/11/2026", Meter: meter{Done: 5, Of: 5}, Visits: []signInLine{
				{When: "08:01, 18/11/2026", Device: "Chrome, Windows", Place: "Trung tâm", This: true}, {When: "16:52, 17/11/2026"}}}
			for i, post := range v.Posts {
				line := homePost{WorkPost: (&site{}).post(b.Lang, post), From: "01/07/2026"}
				line.Active = post.ID == v.Post.ID
				if i == 1 {
					line.To = "31/12/2026"
				}
				p.Posts = append(p.Posts, line)
			}
			fill(&p)
			return p
		}}
	}
	signIn := func(name string, refused bool, fill func(*signInPage)) gallery.Shot {
		return gallery.Shot{Page: "sign-in", Name: name, Path: pathSignIn + "?ve=%2Fhethong", Error: refused, Data: func(b web.Base) any {
			p := signInPage{ask: ask{Base: b}}
			fill(&p)
			return p
		}}
	}
	list := []gallery.Shot{
		{Page: "front", Name: "only", Path: "/", Data: func(b web.Base) any { return frontPage{b} }},
		{Page: "front", Name: "real", Path: "/", Real: true, Data: func(b web.Base) any { return frontPage{b} }},
		home("plain", galleryVisit(0), func(*homePage) {}),
		home("admin", galleryVisit(2), func(*homePage) {}),
		home("shared", shared, func(*homePage) {}),
		home("no post", nobody, func(*homePage) {}),
		home("fallen", galleryVisit(0), func(p *homePage) {
			p.Note, p.Fallen = p.T("office.home.fallen"), true
			p.Meter = meter{Done: 3, Of: 5, Missing: []missing{{p.T("office.profile.number"), pathEdit + "#cccd"}, {p.T("office.profile.phone"), pathEdit + "#dt"}}}
		}),
		home("switched", galleryVisit(1), func(p *homePage) { p.Note = p.T("office.home.switched", p.User.Work.Role) }),
		{Page: "kept", Name: "plain", Path: pathKept + "x", Data: func(b web.Base) any { return keptPage{at(b, galleryVisit(0)), given} }},
		{Page: "kept", Name: "files", Path: pathKept + "x", Data: func(b web.Base) any { return keptPage{at(b, galleryVisit(0)), parts} }},
		{Page: "moved", Name: "plain", Path: pathHome, Data: func(b web.Base) any {
			return movedPage{page: at(b, galleryVisit(1)), form: given, Before: (&site{}).post(b.Lang, galleryPosts()[0])}
		}},
		{Page: "moved", Name: "ended", Path: pathHome, Data: func(b web.Base) any { return movedPage{page: at(b, galleryVisit(1)), form: parts} }},
		signIn("new", false, func(*signInPage) {}),
		signIn("first", false, func(p *signInPage) { p.Back, p.Note = "/hethong", p.T("office.signin.first") }),
		signIn("kept", false, func(p *signInPage) { p.Note, p.Shared = p.T("office.signin.kept"), true }),
		signIn("empty", true, func(p *signInPage) {
			p.NameError, p.FieldError = p.T("office.signin.name.empty"), p.T("office.signin.password.empty")
		}),
		signIn("refused", true, func(p *signInPage) { p.Username, p.FormError = "duyen.ltm", p.T("office.signin.refused") }),
		signIn("too many", true, func(p *signInPage) { p.Username, p.FormError = "duyen.ltm", p.T("office.signin.toomany", "2 phút") }),
		{Page: "locked", Name: "plain", Path: pathUnlock, Data: func(b web.Base) any {
			return lockedPage{ask{Base: b, Back: "/hethong"}, "Lê Thị Mỹ Duyên", "MD"}
		}},
		{Page: "locked", Name: "wrong", Path: pathUnlock, Error: true, Data: func(b web.Base) any {
			return lockedPage{ask{Base: b, Shared: true, FieldError: b.T("office.lock.wrong", 4)}, "Lê Thị Mỹ Duyên", "MD"}
		}},
		{Page: "signed-out", Name: "plain", Path: pathSignedOut, Data: func(b web.Base) any { return signedOutPage{Base: b} }},
		{Page: "signed-out", Name: "shared", Path: pathSignedOut, Data: func(b web.Base) any { return signedOutPage{Base: b, Shared: true} }},
	}
	for _, s := range gallery.Errors() {
		list = append(list, s)
		inside := s
		inside.Name += " inside"
		inside.Data = func(b web.Base) any {
			p := s.Data(b).(web.ErrorPage)
			p.User = (&site{}).greet(b, galleryVisit(0))
			return p
		}
		list = append(list, inside)
	}
	return list
}

func TestGallery(t *testing.T) {
	rd, err := NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	gallery.Run(t, "office", rd, slices.Concat(shots(), stepShots(t), profileShots(), adminShots(), accountShots(), requestShots(), importShots(), messageShots(), eventShots(), clientShots()))
}

func TestGallery_LinksHaveRoutes(t *testing.T) {
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	gallery.Routed(t, "office", string(source), map[string]string{"pathSignIn": pathSignIn})
}
