package house_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// requirements are the rules that have an ID. Each has at least one test whose
// name, or the literal name of whose sub-test, carries the ID: TestOP04_… or
// t.Run("OP-04 …").
var requirements = map[string]string{
	"RP":   "02 03 04 05 07 09 11 12 13",
	"OP":   "01 02 03 04 06 07 09 10 11 12 13 14 15 16 17 18 19 20",
	"PW":   "01 02 03 04 05 06",
	"OTP":  "01 02 03 04 05 06 07 08 09",
	"TOTP": "01",
	"SES":  "01 02 03 04 05",
	"LOG":  "01",
	"RES":  "01",
	"QR":   "01 02 03 04 05 06 07 08 09 10 11 12 13 14",
}

// An ID stands alone or in a CamelCase name; TOTP01 is not OTP-01, and OP018 is
// not OP-01.
var requirementID = regexp.MustCompile(`(?:^|[^A-Z])(RP|OP|PW|OTP|TOTP|SES|LOG|RES|QR)-?(\d\d)(?:\D|$)`)

func TestEachRequirementHasATest(t *testing.T) {
	proved := map[string][]string{}
	for name, b := range tracked(t) {
		if !strings.HasSuffix(name, "_test.go") || name == "internal/house/coverage_test.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, b, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, test := range testNames(f) {
			for _, id := range idsIn(test) {
				proved[id] = append(proved[id], name+": "+test)
			}
		}
	}
	known := map[string]bool{}
	for area, numbers := range requirements {
		for n := range strings.FieldsSeq(numbers) {
			id := area + "-" + n
			known[id] = true
			if len(proved[id]) == 0 {
				t.Errorf("%s has no test: name one Test%s%s_…", id, area, n)
			}
		}
	}
	for id, tests := range proved {
		if !known[id] {
			t.Errorf("%s is no requirement of the list here, but is named by %s", id, tests[0])
		}
	}
}

func TestIDsAreReadFromNames(t *testing.T) {
	for name, want := range map[string][]string{
		"TestOP04_CodeLivesSixtySecondsOnce": {"OP-04"},
		"TestPW01_PW05_SignInPage":           {"PW-01", "PW-05"},
		"TestOTP03_Resend":                   {"OTP-03"},
		"RP-11 an older one still does not":  {"RP-11"},
		"TestOP041_Nothing":                  nil,
		"TestTOTP01_OfAnother":               {"TOTP-01"},
		"TestNothing":                        nil,
	} {
		if got := idsIn(name); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func idsIn(name string) (ids []string) {
	for rest := name; ; {
		m := requirementID.FindStringSubmatchIndex(rest)
		if m == nil {
			return ids
		}
		ids = append(ids, rest[m[2]:m[3]]+"-"+rest[m[4]:m[5]])
		rest = rest[m[5]:]
	}
}

// testNames returns the names of a file's test functions and the literal names
// of sub-tests.
func testNames(f *ast.File) (names []string) {
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Body == nil {
			continue
		}
		if strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Fuzz") {
			names = append(names, fn.Name.Name)
		}
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 {
				return true
			}
			run, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || run.Sel.Name != "Run" {
				return true
			}
			if lit, ok := call.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					names = append(names, s)
				}
			}
			return true
		})
	}
	return names
}
