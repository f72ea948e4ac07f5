package house_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tracked returns the text files of the tree with their contents.
func tracked(t *testing.T) map[string][]byte {
	t.Helper()
	root := filepath.Join("..", "..")
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 {
			continue
		}
		files[name] = b
	}
	if len(files) < 100 {
		t.Fatalf("only %d files found", len(files))
	}
	return files
}

func vendored(name string) bool {
	return strings.Contains(name, "/vendor/") || strings.HasPrefix(name, "e2e/browser/axe/") || strings.HasPrefix(name, "web/dist/") || name == "internal/credential/common.txt" || strings.HasSuffix(name, "go.sum")
}

var (
	sleep   = regexp.MustCompile(`\btime\.Sleep\(`)
	skip    = regexp.MustCompile(`\b[tbf]\.Skip(Now|f)?\(`)
	realNow = regexp.MustCompile(`\btime\.(Now|Since|Until)\(`)
)

// measuring are places where real time is what is wanted: a mark at the line's
// end says so, or the file is listed here with its reason.
var measuring = map[string]string{
	"internal/clock/clock.go": "the clock itself",
	"cmd/loadgen/":            "measures",
	"internal/web/chain.go":   "how long a request took",
	"internal/db/":            "how long a query took, and how long it is tried again",
	"internal/jobs/run.go":    "how long a job took",
	"e2e/":                    "waits for a browser",
}

func TestTimeComesFromTheClock(t *testing.T) {
	for name, b := range tracked(t) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "test/") || strings.HasPrefix(name, "tools/") {
			continue
		}
		excused := false
		for prefix := range measuring {
			excused = excused || strings.HasPrefix(name, prefix)
		}
		for i, line := range strings.Split(string(b), "\n") {
			if realNow.MatchString(line) && !excused && !strings.Contains(line, "//clock:real") {
				t.Errorf("%s:%d: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}

func TestNoSleepingAndNoSkippingInTests(t *testing.T) {
	for name, b := range tracked(t) {
		if !strings.HasSuffix(name, "_test.go") || name == "internal/house/tree_test.go" {
			continue
		}
		for i, line := range strings.Split(string(b), "\n") {
			if sleep.MatchString(line) || skip.MatchString(line) {
				t.Errorf("%s:%d: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	}
}

var (
	identityNumber = regexp.MustCompile(`\b0\d{11}\b`)
	mobile         = regexp.MustCompile(`\b(?:\+84|0)[35789]\d{8}\b`)
)

// Invented persons have numbers that begin with 099, which no province has,
// and telephones of the block 0900 000 xxx and 0900 1xx xxx.
func TestAllPersonsAreInvented(t *testing.T) {
	for name, b := range tracked(t) {
		if vendored(name) {
			continue
		}
		for i, line := range strings.Split(string(b), "\n") {
			for _, n := range identityNumber.FindAllString(line, -1) {
				if !strings.HasPrefix(n, "099") && !strings.HasPrefix(n, "0000000000") && !strings.Contains(line, "//invented") {
					t.Errorf("%s:%d: identity number %s does not begin with 099", name, i+1, n)
				}
			}
			for _, p := range mobile.FindAllString(line, -1) {
				digits := strings.Replace(p, "+84", "0", 1)
				if !strings.HasPrefix(digits, "09000") && !strings.HasPrefix(digits, "09001") && !strings.Contains(line, "//invented") {
					t.Errorf("%s:%d: telephone %s is not of an invented block", name, i+1, p)
				}
			}
		}
	}
}
