package portal

import (
	"html/template"
	"os"
	"testing"
	"time"

	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

var (
	sampleTime     = time.Date(2026, 11, 18, 2, 42, 0, 0, time.UTC)
	sampleChapters = []chapter{{"dang-nhap", "Đăng nhập, đăng xuất bằng tài khoản VNeID", "Từng bước, có hình"}, {"dat-mat-khau", "Đặt mật khẩu", ""}}
)

func TestGallery(t *testing.T) {
	rd, err := NewRenderer()
	if err != nil {
		t.Fatal(err)
	}
	shots := append(openShots(), troubleShots()...)
	shots = append(shots, signedInShots()...)
	gallery.Run(t, "portal", rd, append(shots, gallery.Errors()...))
}

func TestGallery_LinksHaveRoutes(t *testing.T) {
	source, err := os.ReadFile("routes.go")
	if err != nil {
		t.Fatal(err)
	}
	gallery.Routed(t, "portal", string(source), map[string]string{
		"PathSignIn": PathSignIn, "pathCitizen": pathCitizen, "PathSignedOut": PathSignedOut})
}

func openShots() []gallery.Shot {
	body := template.HTML(`<h2>Bước 1</h2><p>Bấm <strong>Đăng nhập</strong>.</p><h2>Bước 2</h2><ol><li>Nhập tên tài khoản.</li></ol>`)
	return []gallery.Shot{
		{Page: "home", Name: "visitor", Path: "/", Data: func(b web.Base) any { return homePage{b, sampleChapters} }},
		{Page: "home", Name: "no-guide", Path: "/", Data: func(b web.Base) any { return homePage{Base: b} }},
		{Page: "home", Name: "real", Path: "/", Real: true, Data: func(b web.Base) any { return homePage{b, sampleChapters} }},
		{Page: "signed-out", Name: "both", Path: "/da-dang-xuat", Data: func(b web.Base) any { return signedOutPage{Base: b, ProviderReached: true} }},
		{Page: "signed-out", Name: "alone", Path: "/da-dang-xuat", Data: func(b web.Base) any { return signedOutPage{Base: b} }},
		{Page: "signed-out", Name: "nowhere", Path: "/da-dang-xuat", Data: func(b web.Base) any { return signedOutPage{Base: b, NoSignOut: true} }},
		{Page: "help", Name: "only", Path: "/tro-giup", Data: func(b web.Base) any { return helpPage{b} }},
		{Page: "privacy", Name: "only", Path: "/bao-ve-du-lieu", Data: func(b web.Base) any { return privacyPage{b} }},
		{Page: "guide", Name: "chapters", Path: "/huong-dan", Data: func(b web.Base) any { return guidePage{b, sampleChapters} }},
		{Page: "guide", Name: "empty", Path: "/huong-dan", Data: func(b web.Base) any { return guidePage{Base: b} }},
		{Page: "chapter", Name: "first", Path: "/huong-dan/dang-nhap", Data: func(b web.Base) any {
			return chapterPage{Base: b, Chapter: sampleChapters[0], Body: body, Next: &sampleChapters[1]}
		}},
		{Page: "chapter", Name: "last", Path: "/huong-dan/dat-mat-khau", Data: func(b web.Base) any {
			return chapterPage{Base: b, Chapter: sampleChapters[1], Body: body, Previous: &sampleChapters[0]}
		}},
	}
}

func troubleShots() []gallery.Shot {
	var shots []gallery.Shot
	for state := range troubles {
		shots = append(shots, gallery.Shot{Page: "trouble", Name: string(state), Path: pathSignIn + "?ve=/tro-giup", Data: func(b web.Base) any {
			return troublePage{Base: b, State: state, When: sampleTime, ReturnTo: "/dich-vu-cong/cong-dan", Back: "/tro-giup", NeedLevel: "2", HasLevel: "1"}
		}})
	}
	shots = append(shots, gallery.Shot{Page: "trouble", Name: "level-unknown", Path: pathSignIn, Data: func(b web.Base) any {
		return troublePage{Base: b, State: troubleLevel, When: sampleTime, NeedLevel: "2"}
	}})
	return append(shots, gallery.Shot{Page: "trouble", Name: "home", Path: pathSignIn, Data: func(b web.Base) any {
		return troublePage{Base: b, State: troubleCancelled, When: sampleTime}
	}})
}

func signedInShots() []gallery.Shot {
	full := citizenPage{SignedInAt: sampleTime, ReceivedAt: sampleTime, IdleMinutes: 15, Name: "Nguyễn Hữu Ưỡng", NumberTail: "1258",
		BirthDate: "1984-09-03", Sex: "male", PhoneTail: "678", Level: "2", Visits: []visit{
			{At: sampleTime, Device: "Chrome trên Windows", Place: "Trung tâm PVHCC phường Phố Hiến", This: true},
			{At: sampleTime.Add(-40 * time.Hour), Device: "Safari trên iPhone"}, {At: sampleTime.Add(-90 * time.Hour)}}}
	citizen := func(name string, p citizenPage) gallery.Shot {
		return gallery.Shot{Page: "citizen", Name: name, Path: "/dich-vu-cong/cong-dan", User: gallery.Citizen(), Data: func(b web.Base) any {
			p.Base = b
			return p
		}}
	}
	bare := citizenPage{SignedInAt: sampleTime, ReceivedAt: sampleTime, IdleMinutes: 15, Name: "Lê Thị Mỹ Duyên", BirthDate: "1991", Sex: "female",
		Visits: []visit{{At: sampleTime, This: true}}}
	return []gallery.Shot{
		citizen("full", full), citizen("bare", bare),
		{Page: "home", Name: "citizen", Path: "/", User: gallery.Citizen(), Data: func(b web.Base) any { return homePage{b, sampleChapters} }},
		{Page: "help", Name: "of another provider", Path: "/tro-giup", Data: func(b web.Base) any { b.Places.Account = ""; return helpPage{b} }},
		{Page: "help", Name: "citizen", Path: "/tro-giup", User: gallery.Citizen(), Data: func(b web.Base) any { return helpPage{b} }},
	}
}
