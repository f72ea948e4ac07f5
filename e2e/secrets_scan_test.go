package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
)

// hoard is every secret that a run has seen, by value, with what it is.
type hoard map[string]string

// shortest is the length from which a secret cannot stand in a text by chance.
const shortest = 9

func (h hoard) add(what, value string) {
	if value == "" {
		return
	}
	if _, ok := h[value]; !ok {
		h[value] = what
	}
}

// kinds counts the secrets of each kind.
func (h hoard) kinds() map[string]int {
	n := map[string]int{}
	for _, what := range h {
		n[what]++
	}
	return n
}

// forms are the ways in which a value may stand in a text.
func forms(value string) []string {
	quoted, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	all := []string{
		value, norm.NFKC.String(value), strings.ToLower(value), string(quoted[1 : len(quoted)-1]),
		url.QueryEscape(value), url.PathEscape(value), strings.ToLower(url.QueryEscape(value)),
		hex.EncodeToString([]byte(value)), strings.ToUpper(hex.EncodeToString([]byte(value))),
	}
	// Inside a longer text base64 depends on where the value begins: what all
	// neighbours leave unchanged is looked for in each of the three positions.
	for before := range 3 {
		raw := append(make([]byte, before), value...)
		for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			all = append(all, enc.EncodeToString(raw)[(before*8+5)/6:len(raw)*8/6])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// find returns what of the hoard stands in a text, in any form. A short code
// counts only where no letter, digit or decimal point joins it: six digits
// stand in every timestamp.
func (h hoard) find(text string) (found []string) {
	for value, what := range h {
		for _, form := range forms(value) {
			if form == value && len(value) < shortest && standsAlone(text, value) ||
				(form != value || len(value) >= shortest) && strings.Contains(text, form) {
				found = append(found, fmt.Sprintf("%s as %q", what, form))
			}
		}
	}
	slices.Sort(found)
	return found
}

func standsAlone(text, value string) bool {
	joined := func(b byte) bool {
		return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
	}
	for rest, at := text, 0; ; {
		i := strings.Index(rest, value)
		if i < 0 {
			return false
		}
		at += i
		end := at + len(value)
		if (at == 0 || !joined(text[at-1]) && text[at-1] != '.') && (end == len(text) || !joined(text[end])) {
			return true
		}
		at++
		rest = text[at:]
	}
}

func TestHoardFindsEachForm(t *testing.T) {
	const value = "mật khẩu <rất> dài & lạ"
	h := hoard{value: "password", "482913": "OTP"}
	for _, text := range []string{
		value, "q=" + url.QueryEscape(value) + "&x", "/" + url.PathEscape(value), hex.EncodeToString([]byte("_" + value)),
		base64.StdEncoding.EncodeToString([]byte(value)), base64.URLEncoding.EncodeToString([]byte("a" + value + "b")),
		base64.RawStdEncoding.EncodeToString([]byte("ab" + value)), string(must(json.Marshal([]string{value}))),
		"482913 la ma OTP", `{"code":"482913"}`, "ma=482913", base64.StdEncoding.EncodeToString([]byte("482913")), hex.EncodeToString([]byte("482913")),
	} {
		if len(h.find("before "+text+" after")) == 0 {
			t.Errorf("not found in %q", text)
		}
	}
	for _, text := range []string{"2026-11-23T10:00:00.482913Z", "1482913", "482913f0", "mật khẩu"} {
		if found := h.find(text); len(found) != 0 {
			t.Errorf("%q holds %v", text, found)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// columns returns every column of every table of the database, as one text
// each, by "table.column".
func columns(t *testing.T, a *apptest.App) map[string]string {
	t.Helper()
	catalog := `SELECT name FROM sqlite_master WHERE type = 'table'`
	if a.DB.Dialect() == db.Postgres {
		catalog = `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables
			WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`
	}
	tables, err := db.Select[string](t.Context(), a.DB, catalog)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, table := range tables {
		rows, err := a.DB.SQL().QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		texts := make([]bytes.Buffer, len(names))
		values, dest := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			dest[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(dest...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				fmt.Fprintf(&texts[i], "%v\n", v)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		_ = rows.Close()
		for i, name := range names {
			out[strings.TrimPrefix(table, "public.")+"."+name] = texts[i].String()
		}
	}
	return out
}

// files are the bytes of an embedded database, with what was deleted in it.
func files(t *testing.T, a *apptest.App) map[string]string {
	t.Helper()
	out := map[string]string{}
	path, ok := strings.CutPrefix(a.Database, "sqlite:")
	if !ok {
		return out
	}
	for _, name := range []string{path, path + "-wal"} {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out["file "+strings.TrimPrefix(name, path)] = string(b)
	}
	return out
}
