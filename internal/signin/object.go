package signin

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
)

// object reads one JSON object and nothing after it. A name that stands there
// twice, in whatever case, is refused: of two readers one could believe the
// first and one the second.
func object(body []byte) (map[string]json.RawMessage, bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	out, seen := map[string]json.RawMessage{}, map[string]bool{}
	for d.More() {
		name, err := d.Token()
		key, ok := name.(string)
		var value json.RawMessage
		if err != nil || !ok || d.Decode(&value) != nil || seen[folded(key)] {
			return nil, false
		}
		out[key], seen[folded(key)] = value, true
	}
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, false
	}
	return out, true
}

// folded is the same for names that strings.EqualFold, and with it the JSON
// library, takes for one.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			least = min(least, f)
		}
		return least
	}, name)
}

// member reads a string of an object. What is absent or null is ""; another
// type is an error, and not as good as absent.
func member(o map[string]json.RawMessage, name string) (s string, ok bool) {
	raw, there := o[name]
	if !there || string(raw) == "null" {
		return "", true
	}
	return s, json.Unmarshal(raw, &s) == nil
}

// jsonType reports whether an answer says that it is JSON, or says nothing. A
// firewall's page says text/html, whatever stands in it.
func jsonType(h http.Header) bool {
	kind := h.Get("Content-Type")
	if kind == "" {
		return true
	}
	t, _, err := mime.ParseMediaType(kind)
	return err == nil && (t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json"))
}
