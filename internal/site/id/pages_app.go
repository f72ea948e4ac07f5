package id

import "motcua/internal/web"

// appPage is the page "app": all screens of the phone app, as templates.
type appPage struct{ web.Base }

func (p appPage) Title() string { return p.T("app.start.title") }

// appElsewherePage is the page "app-elsewhere": the app's address opened
// inside another app.
type appElsewherePage struct {
	web.Base
	// Inside is that app's name; Facebook tells which words its menu has.
	Inside   string
	Facebook bool
}

func (p appElsewherePage) Title() string { return p.T("app.elsewhere.title") }
