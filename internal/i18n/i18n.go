package i18n

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"strings"
)

// The languages, the first being the one of a person who has not chosen.
const (
	Vietnamese = "vi"
	English    = "en"
)

//go:embed vi/*.json en/*.json
var files embed.FS

var catalogues = map[string]map[string]string{
	Vietnamese: mustLoad(Vietnamese),
	English:    mustLoad(English),
}

// mustLoad joins the files of a language. A key in two of them is a mistake
// that every test of every package shows.
func mustLoad(lang string) map[string]string {
	all := map[string]string{}
	entries, err := files.ReadDir(lang)
	if err != nil {
		panic("i18n: " + err.Error())
	}
	for _, e := range entries {
		b, err := files.ReadFile(lang + "/" + e.Name())
		if err != nil {
			panic("i18n: " + err.Error())
		}
		part := map[string]string{}
		if err := json.Unmarshal(b, &part); err != nil {
			panic("i18n: " + lang + "/" + e.Name() + ": " + err.Error())
		}
		for k, v := range part {
			if _, twice := all[k]; twice {
				panic("i18n: " + k + " stands twice")
			}
			all[k] = v
		}
	}
	return all
}

// Languages lists the languages of the catalogue.
func Languages() []string { return []string{Vietnamese, English} }

// Known tells whether the catalogue speaks lang.
func Known(lang string) bool { return lang == Vietnamese || lang == English }

// Choose returns the first known language of a space-separated list such as
// ui_locales ("en-GB vi"), or "" when there is none.
func Choose(locales string) string {
	for _, l := range strings.Fields(locales) {
		l, _, _ = strings.Cut(strings.ToLower(l), "-")
		if Known(l) {
			return l
		}
	}
	return ""
}

// Text returns the sentence of key in lang with its arguments filled in. A
// key that the language lacks is looked up in Vietnamese; an unknown key comes
// back as it is, which the catalogue test prevents.
func Text(lang, key string, args ...any) string {
	s := lookup(lang, key)
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

// HTML is Text for a sentence with markup: string arguments are escaped,
// template.HTML arguments are not.
func HTML(lang, key string, args ...any) template.HTML {
	s := lookup(lang, key)
	if len(args) == 0 {
		return template.HTML(s)
	}
	safe := make([]any, len(args))
	for i, a := range args {
		switch a := a.(type) {
		case template.HTML:
			safe[i] = string(a)
		case int, int64, float64:
			safe[i] = a
		default:
			safe[i] = template.HTMLEscapeString(fmt.Sprint(a))
		}
	}
	return template.HTML(fmt.Sprintf(s, safe...))
}

// Keys returns the keys of lang, unsorted.
func Keys(lang string) []string {
	keys := make([]string, 0, len(catalogues[lang]))
	for k := range catalogues[lang] {
		keys = append(keys, k)
	}
	return keys
}

// Raw returns the text of key in lang without its arguments filled in.
func Raw(lang, key string) (string, bool) {
	s, ok := catalogues[lang][key]
	return s, ok
}

func lookup(lang, key string) string {
	if s, ok := catalogues[lang][key]; ok {
		return s
	}
	if s, ok := catalogues[Vietnamese][key]; ok {
		return s
	}
	return key
}
