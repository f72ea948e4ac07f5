package id

import (
	"encoding/json"
	"net/http"
	"strings"

	"motcua/internal/web"
)

// appHome is the one page of the phone app; its script shows the screens. The
// address in a QR code leads here as well: the script sees by it that the code
// was not read by the app.
func (s *site) appHome(w http.ResponseWriter, r *http.Request) error {
	if inside, facebook := insideApp(r.UserAgent()); inside != "" {
		return s.render(w, r, http.StatusOK, "app-elsewhere", appElsewherePage{Base: s.base(r), Inside: inside, Facebook: facebook})
	}
	web.AllowCamera(w, r)
	return s.render(w, r, http.StatusOK, "app", appPage{s.base(r)})
}

// browsersInApps tell by their User-Agent that a page stands inside another
// app, where neither the camera nor a lasting key can be had.
var browsersInApps = []struct {
	mark, name string
	facebook   bool
}{
	{"Zalo", "Zalo", false},
	{"FB_IAB/Orca", "Messenger", true},
	{"FBAN/Messenger", "Messenger", true},
	{"MessengerLite", "Messenger", true},
	{"FBAN", "Facebook", true},
	{"FBAV", "Facebook", true},
	{"FB_IAB", "Facebook", true},
	{"Instagram", "Instagram", true},
	{"TikTok", "TikTok", false},
	{"musical_ly", "TikTok", false},
	{"BytedanceWebview", "TikTok", false},
	{"Line/", "LINE", false},
	{"Viber", "Viber", false},
}

func insideApp(agent string) (name string, facebook bool) {
	for _, b := range browsersInApps {
		if strings.Contains(agent, b.mark) {
			return b.name, b.facebook
		}
	}
	return "", false
}

// webManifest is the W3C Web Application Manifest of the app.
type webManifest struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	ShortName   string         `json:"short_name"`
	Description string         `json:"description"`
	Lang        string         `json:"lang"`
	StartURL    string         `json:"start_url"`
	Scope       string         `json:"scope"`
	Display     string         `json:"display"`
	Orientation string         `json:"orientation"`
	Theme       string         `json:"theme_color"`
	Background  string         `json:"background_color"`
	Icons       []manifestIcon `json:"icons"`
}

type manifestIcon struct {
	Src     string `json:"src"`
	Sizes   string `json:"sizes"`
	Type    string `json:"type"`
	Purpose string `json:"purpose"`
}

func (s *site) appManifest(w http.ResponseWriter, r *http.Request) error {
	b := s.base(r)
	m := webManifest{ID: "/app/", Name: b.Provider, ShortName: b.Provider, Description: b.SiteName(), Lang: b.Lang,
		StartURL: "/app/", Scope: "/app/", Display: "standalone", Orientation: "portrait", Theme: "#8f1d21", Background: "#f6f4f0",
		Icons: []manifestIcon{
			{b.Asset("app-192.png"), "192x192", "image/png", "any"},
			{b.Asset("app-512.png"), "512x512", "image/png", "any"},
			{b.Asset("app-maskable.png"), "512x512", "image/png", "maskable"},
		}}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/manifest+json; charset=utf-8")
	_, err = w.Write(body)
	return err
}
