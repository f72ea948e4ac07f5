package web

import (
	"encoding/json"
	"net/http"
	"path"
	"strings"

	"motcua/web/dist"
)

// asset is one built file with its precompressed forms.
type asset struct {
	contentType string
	raw, br, gz []byte
}

var (
	manifest dist.Manifest
	assets   = map[string]asset{}
)

func init() {
	b, err := dist.Files.ReadFile("static/manifest.json")
	if err == nil {
		err = json.Unmarshal(b, &manifest)
	}
	if err != nil {
		panic("web: the built assets are unreadable: " + err.Error())
	}
	for _, file := range manifest.Files {
		a := asset{contentType: contentTypes[path.Ext(file)]}
		a.raw, err = dist.Files.ReadFile("static/" + file)
		if err != nil || a.contentType == "" {
			panic("web: the built assets lack " + file)
		}
		a.br, _ = dist.Files.ReadFile("static/" + file + ".br")
		a.gz, _ = dist.Files.ReadFile("static/" + file + ".gz")
		assets[file] = a
	}
}

// The list is ours, so that an answer never depends on the machine's MIME table.
var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".png":   "image/png",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
}

// assetPath is the public path of a built file; a name that the manifest
// lacks is a mistake of ours that the gallery tests find as a dead link.
func assetPath(name string) string {
	file, ok := manifest.Files[name]
	if !ok {
		return "/static/missing-" + name
	}
	return "/static/" + file
}

// Static serves /static/<hashed name>. The name changes with the content, so
// the answer may be kept for a year (RFC 8246).
func Static(w http.ResponseWriter, r *http.Request) error {
	a, ok := assets[strings.TrimPrefix(r.URL.Path, "/static/")]
	if !ok {
		return notFound
	}
	h := w.Header()
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	serveAsset(w, r, a)
	return nil
}

// Favicon serves the site's mark under the name that browsers ask for.
func Favicon(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=86400")
	serveAsset(w, r, assets[manifest.Files["mark.svg"]])
	return nil
}

func serveAsset(w http.ResponseWriter, r *http.Request, a asset) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Vary", "Accept-Encoding")
	body := a.raw
	switch accepts := r.Header.Get("Accept-Encoding"); {
	case a.br != nil && acceptsEncoding(accepts, "br"):
		h.Set("Content-Encoding", "br")
		body = a.br
	case a.gz != nil && acceptsEncoding(accepts, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = a.gz
	}
	writeBody(w, r, http.StatusOK, body)
}

// acceptsEncoding reads Accept-Encoding (RFC 9110 §12.5.3) as far as needed:
// a coding is accepted when it is named without q=0.
func acceptsEncoding(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
