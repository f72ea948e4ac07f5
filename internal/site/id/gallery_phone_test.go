package id

import (
	"time"

	"motcua/internal/site/gallery"
	"motcua/internal/vn"
	"motcua/internal/web"
)

func phoneShots() []gallery.Shot {
	lost := func(name string, p lostPhonePage) gallery.Shot {
		return gallery.Shot{Page: "lost-phone", Name: name, Path: "/bao-mat-dien-thoai", Error: p.Problem != "", Data: func(b web.Base) any {
			p.Base = b
			return p
		}}
	}
	link := "/k/AAAAAAAAAAAAAAAAAAAAAA"
	return []gallery.Shot{
		lost("fresh", lostPhonePage{}),
		lost("no-number", lostPhonePage{Problem: signInNoNumber}),
		lost("bad-number", lostPhonePage{Account: "099 084", Problem: signInBadNumber}),
		lost("no-password", lostPhonePage{Account: "099 084 001 258", Problem: signInNoPassword}),
		lost("too-many", lostPhonePage{Account: "099 084 001 258", Problem: signInTooMany, RetryAfter: 7 * time.Minute}),
		lost("busy", lostPhonePage{Account: "099 084 001 258", Problem: signInBusy}),
		{Page: "lost-phone-done", Name: "only", Path: "/bao-mat-dien-thoai", Data: func(b web.Base) any { return lostPhoneDonePage{b} }},
		{Page: "notice", Name: "only", Path: link, Data: func(b web.Base) any {
			return noticePage{Base: b, NumberTail: "…1258", Service: sampleAsker.Service, Agent: "Chrome, Windows", Place: "Trung tâm PVHCC phường Phố Hiến",
				Time: vn.DateTime(sampleTime), Link: "AAAAAAAAAAAAAAAAAAAAAA"}
		}},
		{Page: "notice-ended", Name: "only", Path: link, Data: func(b web.Base) any { return noticeEndedPage{b} }},
		{Page: "notice-over", Name: "only", Path: link, Data: func(b web.Base) any { return noticeOverPage{b} }},
	}
}
