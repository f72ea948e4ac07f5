package web

import (
	"net/http"
	"time"

	"motcua/internal/i18n"
)

// langYears is how long a chosen language is remembered.
const langFor = 365 * 24 * time.Hour

// Lang is the language of the answer: the one chosen on this site, else
// Vietnamese. Accept-Language does not count, since most browsers in Viet Nam
// keep the maker's English.
func Lang(r *http.Request) string {
	if l := stateOf(r).lang; l != "" {
		return l
	}
	return i18n.Vietnamese
}

// SaveLang makes lang the language of this answer and of later ones; an
// unknown language is ignored. The id site calls it with ui_locales.
func SaveLang(w http.ResponseWriter, r *http.Request, lang string) {
	if !i18n.Known(lang) {
		return
	}
	st := stateOf(r)
	if st.lang == lang {
		return
	}
	st.lang = lang
	SetCookie(w, r, "lang", lang, langFor)
}

// savedLang is the language of the cookie.
func savedLang(r *http.Request) string {
	if l := Cookie(r, "lang"); i18n.Known(l) {
		return l
	}
	return i18n.Vietnamese
}

// SwitchLanguage serves /ngon-ngu?lang=en&ve=/path: it remembers the language
// and goes back.
func SwitchLanguage(w http.ResponseWriter, r *http.Request) error {
	SaveLang(w, r, r.FormValue("lang"))
	return Redirect(w, r, SafeReturn(r.FormValue("ve")))
}
