package office

import (
	"html/template"
	"testing"

	"motcua/internal/qrcode"
	"motcua/internal/site/gallery"
	"motcua/internal/web"
)

// stepShots are the pages of the way in, and of password and second factor.
func stepShots(t *testing.T) []gallery.Shot {
	svg, err := qrcode.SVG("otpauth://totp/M%E1%BB%99t%20c%E1%BB%ADa:duyen.ltm?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=M%E1%BB%99t%20c%E1%BB%ADa")
	if err != nil {
		t.Fatal(err)
	}
	shot := func(page, name, path string, refused, inside bool, data func(ask) any) gallery.Shot {
		return gallery.Shot{Page: page, Name: name, Path: path, Error: refused, Data: func(b web.Base) any {
			if inside {
				b = at(b, galleryVisit(2)).Base
			}
			return data(ask{Base: b, Back: "/hethong/trang-ca-nhan"})
		}}
	}
	codes := []string{"3FQK-8M2R-W5TX-9HPA", "7YNC-4DVJ-2KBE-6GSZ", "Q8RT-5WMX-3JHA-9FKP", "C2VB-7NYD-4EGS-6ZQK",
		"M9XT-2PHW-8RJA-5FQK", "B4YN-6CVD-3KES-7GZQ", "R5WT-9MHX-2JPA-8FKQ", "V7NB-3YCD-6EKS-4ZGQ", "X2MT-8WRH-5PJA-9QFK", "D6YC-4BVN-7SKE-3GZQ"}
	second := func(name string, refused, inside bool, fill func(*secondPage)) gallery.Shot {
		return shot("second", name, pathSecond, refused, inside, func(a ask) any {
			p := secondPage{ask: a, PostID: "p3", Secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", Picture: template.HTML(svg)}
			fill(&p)
			return p
		})
	}
	return []gallery.Shot{
		shot("code", "new", "/hethong/ma-xac-thuc", false, false, func(a ask) any { return codePage{a, "Lê Thị Mỹ Duyên"} }),
		shot("code", "wrong", "/hethong/ma-xac-thuc", true, false, func(a ask) any {
			a.FieldError = a.T("office.code.wrong", 4)
			return codePage{a, "Lê Thị Mỹ Duyên"}
		}),
		shot("link", "new", "/hethong/lien-ket", false, false, func(a ask) any { return linkPage{a, "duyen.ltm", "Lê Thị Mỹ Duyên"} }),
		shot("link", "wrong", "/hethong/lien-ket", true, false, func(a ask) any {
			a.FieldError = a.T("office.link.wrong", 3)
			return linkPage{a, "duyen.ltm", "Lê Thị Mỹ Duyên"}
		}),
		shot("password", "first", pathPassword, false, false, func(a ask) any { return passwordPage{ask: a, Username: "duyen.ltm"} }),
		shot("password", "weak", pathPassword, true, false, func(a ask) any {
			return passwordPage{ask: a, Username: "duyen.ltm", NewError: a.T("id.password.short", 12)}
		}),
		shot("password", "own", pathPassword, false, true, func(a ask) any { return passwordPage{ask: a, PostID: "p3", Username: "duyen.ltm"} }),
		shot("password", "own wrong", pathPassword, true, true, func(a ask) any {
			a.FieldError = a.T("office.lock.wrong", 4)
			return passwordPage{ask: a, PostID: "p3", Username: "duyen.ltm", NewError: a.T("office.password.differ")}
		}),
		second("demanded", false, false, func(p *secondPage) { p.State, p.Demanded = secondPending, true }),
		second("demanded wrong", true, false, func(p *secondPage) {
			p.State, p.Demanded, p.FieldError = secondPending, true, p.T("office.second.wrong")
		}),
		second("off", false, true, func(*secondPage) {}),
		second("pending", false, true, func(p *secondPage) { p.State = secondPending }),
		second("on", false, true, func(p *secondPage) { p.State, p.Since, p.Left = secondOn, "12/11/2026", 9 }),
		second("on demanded", true, true, func(p *secondPage) {
			p.State, p.Since, p.Left, p.Demanded, p.FieldError = secondOn, "12/11/2026", 9, true, p.T("office.lock.wrong", 2)
		}),
		shot("recovery", "first", pathSecond, false, false, func(a ask) any { return recoveryPage{a, codes, pathHome} }),
		shot("recovery", "own", pathSecond, false, true, func(a ask) any { return recoveryPage{a, codes, pathHome} }),
		shot("vneid", "unknown", pathSignIn, false, false, func(a ask) any {
			return vneidPage{ask: a, Heading: a.T("office.vneid.unknown"), Text: a.T("office.vneid.unknown.text", a.Provider)}
		}),
		shot("vneid", "level", pathSignIn, false, false, func(a ask) any {
			return vneidPage{ask: a, Heading: a.T("office.level"), Text: a.T("office.level.text", a.Provider, "2"), CanRetry: true}
		}),
		shot("vneid", "down", pathSignIn, false, false, func(a ask) any {
			return vneidPage{ask: a, Heading: a.T("office.vneid.down", a.Provider), Text: a.T("office.vneid.down.text"), CanRetry: true}
		}),
	}
}
