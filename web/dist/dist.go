// Package dist holds the built styles, scripts and fonts that every site
// embeds. The build (make assets) writes the folder static.
package dist

import "embed"

// Files holds the built files, their .br and .gz forms and manifest.json.
//
//go:embed static
var Files embed.FS

// Manifest says what was built from what.
type Manifest struct {
	// Sources is the digest of web/assets at the time of the build; the
	// freshness test compares it.
	Sources string `json:"sources"`
	// Files maps a name, "site.css", to its hashed file.
	Files map[string]string `json:"files"`
}
