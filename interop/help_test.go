//go:build interop

package interop

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

// startWithin bounds the start of a foreign program.
const startWithin = 30 * time.Second

var operator = audit.Ref{Kind: "console", ID: "interop"}

// freePort is one that nobody listens on: programs of others want to be told.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// node runs a script until the test ends.
func node(t *testing.T, script string, settings any) {
	t.Helper()
	b, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command("node", script, string(b)), "ready")
}

// start runs a program and waits for a word in what it says. At the end of the
// test its standard input closes, and then this process alone is ended.
func start(t *testing.T, cmd *exec.Cmd, word string) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	// Apache signals its whole process group when it ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, w := io.Pipe()
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v (see make interop)", cmd.Path, err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		w.Close()
	}()
	said := make(chan string, 1)
	var lines []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		for s := bufio.NewScanner(r); s.Scan(); {
			lines = append(lines, s.Text())
			if strings.Contains(s.Text(), word) {
				select {
				case said <- s.Text():
				default:
				}
			}
		}
	}()
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(startWithin):
			_ = cmd.Process.Kill()
			<-ended
		}
		<-done
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd.Path, strings.Join(lines, "\n"))
		}
	})
	select {
	case <-said:
	case <-done:
		t.Fatalf("%s ended at once", cmd.Path)
	case <-time.After(startWithin):
		t.Fatalf("%s does not start", cmd.Path)
	}
}

// citizen is the person who signs in.
var citizen = demo.Citizens[0]

// signIn fills in the provider's pages, from the one that the browser is on.
func signIn(t *testing.T, a *apptest.App, c *apptest.Client, p *apptest.Page) *apptest.Page {
	t.Helper()
	a.Clock.Advance(2 * time.Minute) // between one SMS and the next
	p = c.Submit(p.FindForm("/dang-nhap"), "ten", citizen.Number, "mk", demo.CitizenPassword)
	return c.Submit(p.FindForm("/ma-otp"), "ma", a.OTP(citizen.Phone))
}

// register adds a service and returns its secret.
func register(t *testing.T, a *apptest.App, c oidcop.Client) string {
	t.Helper()
	c.Name, c.NameEN, c.SMSName = "Dịch vụ thử", "Service under test", "Dich vu thu"
	c.Purpose, c.PurposeEN = "Thử nghiệm", "Testing"
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "profile", "phone"}
	}
	secret, err := a.Provider.AddClient(t.Context(), operator, c)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// object reads a page that is a JSON object with this status.
func object(t *testing.T, p *apptest.Page, status int) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(p.Body), &out); err != nil || p.Status != status {
		t.Fatalf("%s answered %d: %.300s (%v)", p.URL.Path, p.Status, p.Body, err)
	}
	return out
}
