// Package i18ntest checks the catalogue against the code and the templates
// that use it. Only tests import it.
package i18ntest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"motcua/internal/i18n"
)

// callees are the functions whose literal argument is a key, with its place.
var callees = map[string]int{"T": 0, "TH": 0, "Text": 1, "HTML": 1, "New": 1}

var (
	keyForm    = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z0-9_]+)+$`)
	inTemplate = regexp.MustCompile(`[.$ (](?:T|TH) "([^"]*)"`)
	quoted     = regexp.MustCompile(`"([a-z][a-z0-9]*(?:\.[a-z0-9_]+)+)"`)
	verb       = regexp.MustCompile(`%(?:\[\d\])?[a-z%]`)
	tag        = regexp.MustCompile(`<(/?)([a-z]+)[^>]*>`)
)

// uses is what a tree of sources says about keys: key → a place.
type uses struct {
	demanded map[string]string // asked for in so many words
	named    map[string]string // every literal that looks like a key
}

// Check returns what is wrong: keys that sources under root ask for and the
// catalogue lacks, keys that nothing names, and sentences whose two languages
// differ in arguments or markup. Tests and their samples do not count as use.
func Check(root string) ([]string, error) {
	u := uses{demanded: map[string]string{}, named: map[string]string{}}
	if err := u.read(os.DirFS(root)); err != nil {
		return nil, err
	}
	vi := i18n.Keys(i18n.Vietnamese)
	known, pages := map[string]bool{}, map[string]bool{}
	var wrong []string
	for _, k := range vi {
		known[k] = true
		pages[page(k)] = true
		if u.named[k] == "" {
			wrong = append(wrong, fmt.Sprintf("%s: nothing uses it", k))
		}
		if !keyForm.MatchString(k) {
			wrong = append(wrong, fmt.Sprintf("%s: not a key", k))
		}
		wrong = append(wrong, compare(k)...)
	}
	for _, k := range i18n.Keys(i18n.English) {
		if !known[k] {
			wrong = append(wrong, fmt.Sprintf("%s: not in Vietnamese", k))
		}
	}
	// A literal in a table of keys ("id.otp.wrnog") is known by its page.
	for k, place := range u.named {
		if pages[page(k)] && strings.Count(k, ".") >= 2 {
			u.demanded[k] = place
		}
	}
	for _, k := range slices.Sorted(maps.Keys(u.demanded)) {
		if !known[k] {
			wrong = append(wrong, fmt.Sprintf("%s: not in the catalogue, asked for in %s", k, u.demanded[k]))
		}
	}
	slices.Sort(wrong)
	return wrong, nil
}

// page is the room and page of a key: "id.otp." of "id.otp.wrong".
func page(key string) string {
	parts := strings.SplitAfterN(key, ".", 3)
	return strings.Join(parts[:len(parts)-1], "")
}

func compare(key string) (wrong []string) {
	vi, _ := i18n.Raw(i18n.Vietnamese, key)
	en, ok := i18n.Raw(i18n.English, key)
	if !ok {
		return []string{key + ": not in English"}
	}
	sorted := func(re *regexp.Regexp, s string) []string {
		return slices.Sorted(slices.Values(re.FindAllString(s, -1)))
	}
	// The same verbs in the same order: arguments are positional.
	if a, b := verb.FindAllString(vi, -1), verb.FindAllString(en, -1); !slices.Equal(a, b) {
		wrong = append(wrong, fmt.Sprintf("%s: arguments differ: %v and %v", key, a, b))
	}
	if a, b := sorted(tag, vi), sorted(tag, en); !slices.Equal(a, b) {
		wrong = append(wrong, fmt.Sprintf("%s: markup differs: %v and %v", key, a, b))
	}
	for _, s := range []string{vi, en} {
		if strings.TrimSpace(s) != s || s == "" {
			wrong = append(wrong, key+": empty or with blanks around")
		}
		if !balanced(s) {
			wrong = append(wrong, key+": markup is not closed")
		}
	}
	return wrong
}

func balanced(s string) bool {
	var open []string
	for _, m := range tag.FindAllStringSubmatch(s, -1) {
		switch {
		case m[2] == "br":
		case m[1] == "":
			open = append(open, m[2])
		case len(open) == 0 || open[len(open)-1] != m[2]:
			return false
		default:
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}

func (u *uses) read(root fs.FS) error {
	return fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if b := path.Base(name); b == "i18ntest" || b == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		b, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(name, ".html"):
			u.template(name, string(b))
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			return u.source(name, b)
		}
		return nil
	})
}

func (u *uses) template(name, text string) {
	for _, m := range inTemplate.FindAllStringSubmatch(text, -1) {
		u.demanded[m[1]] = name
	}
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		u.named[m[1]] = name
	}
}

func (u *uses) source(name string, b []byte) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, b, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if s, ok := literal(n); ok && keyForm.MatchString(s) {
				u.named[s] = fset.Position(n.Pos()).String()
			}
		case *ast.CallExpr:
			if s, ok := key(n); ok && s != "" {
				u.demanded[s] = fset.Position(n.Pos()).String()
			}
		case *ast.KeyValueExpr:
			if id, ok := n.Key.(*ast.Ident); ok && id.Name == "Key" {
				if s, ok := literal(n.Value); ok && keyForm.MatchString(s) {
					u.demanded[s] = fset.Position(n.Pos()).String()
				}
			}
		}
		return true
	})
	return nil
}

// key is the literal key that a call names, if it is a call for a sentence.
func key(call *ast.CallExpr) (string, bool) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	at, ok := callees[sel.Sel.Name]
	if !ok || len(call.Args) <= at {
		return "", false
	}
	if id, ok := sel.X.(*ast.Ident); sel.Sel.Name == "New" && (!ok || id.Name != "problem") {
		return "", false
	}
	s, ok := literal(call.Args[at])
	if sel.Sel.Name == "T" || sel.Sel.Name == "TH" {
		return s, ok
	}
	return s, ok && keyForm.MatchString(s)
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
