//go:build interop

package interop

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

// secret of the services that these tests register.
const secret = "interoperation-secret-of-a-service"

var person = demo.Citizens[0]

// party is a Node program that is spoken to by lines of JSON.
type party struct {
	t    *testing.T
	Port string
	in   io.Writer
	out  *bufio.Scanner
}

func startParty(t *testing.T, script string, args ...string) *party {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{script}, args...)...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// It ends with its standard input.
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	p := &party{t: t, in: in, out: bufio.NewScanner(out)}
	p.out.Buffer(nil, 1<<20)
	var up struct{ Port json.Number }
	p.read(&up)
	p.Port = up.Port.String()
	return p
}

func (p *party) read(into any) {
	p.t.Helper()
	for ok := false; !ok; ok = strings.HasPrefix(p.out.Text(), "{") { // its library prints notices, too
		if !p.out.Scan() {
			p.t.Fatalf("the party has ended: %v", p.out.Err())
		}
	}
	if err := json.Unmarshal(p.out.Bytes(), into); err != nil {
		p.t.Fatalf("%s: %v", p.out.Text(), err)
	}
}

// told is what a service answers.
type told struct {
	Error   string
	URL     string
	Claims  map[string]any
	Alg     string
	Kid     string
	Refresh bool
	Rotated bool
	Logouts []struct{ Sid, Sub, Error string }
}

// asks gives an order and returns the answer, which may be an error.
func (p *party) asks(order map[string]any) (got told) {
	p.t.Helper()
	b, err := json.Marshal(order)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(b, '\n')); err != nil {
		p.t.Fatal(err)
	}
	p.read(&got)
	return got
}

// does is asks for what must succeed.
func (p *party) does(what string, more ...any) told {
	p.t.Helper()
	order := map[string]any{"do": what}
	for i := 0; i+1 < len(more); i += 2 {
		order[more[i].(string)] = more[i+1]
	}
	got := p.asks(order)
	if got.Error != "" {
		p.t.Fatalf("%s: %s", what, got.Error)
	}
	return got
}

// register makes a service known to the provider.
func register(t *testing.T, a *apptest.App, id string, redirect, signedOut, backchannel string) {
	t.Helper()
	err := a.Provider.PutClient(t.Context(), oidcop.Client{
		ID: id, Name: "Dịch vụ của bên khác", NameEN: "A service of others", SMSName: "Dich vu khac",
		RedirectURIs: []string{redirect}, PostLogoutURIs: []string{signedOut}, SignInURL: signedOut,
		Scopes: []string{"openid", "profile", "phone", "vneid"}, BackchannelLogoutURI: backchannel,
	}, secret)
	if err != nil {
		t.Fatal(err)
	}
}

// signIn walks the provider's pages from an authorization request and returns
// the page at which the browser ends.
func signIn(t *testing.T, a *apptest.App, c *apptest.Client, request string) *apptest.Page {
	t.Helper()
	page := c.Get(request)
	page = c.Submit(page.FindForm("/dang-nhap"), "ten", person.Number, "mk", demo.CitizenPassword)
	return c.Submit(page.FindForm("/ma-otp"), "ma", a.OTP(person.Phone))
}

func mustHave(t *testing.T, claims map[string]any, want map[string]any) {
	t.Helper()
	for name, value := range want {
		if fmt.Sprint(claims[name]) != fmt.Sprint(value) {
			t.Errorf("claim %s: %v, want %v", name, claims[name], value)
		}
	}
}

// rotate gives the provider new keys and lets the time pass until they sign.
func rotate(t *testing.T, a *apptest.App) {
	t.Helper()
	if err := a.Provider.Rotate(t.Context(), audit.Ref{Kind: "console"}, false); err != nil {
		t.Fatal(err)
	}
	a.Clock.Advance(11 * time.Minute)
}
