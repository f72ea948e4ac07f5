//go:build interop

package interop

import (
	"net/http"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/db"
)

// TestOpenIDClient is the life of a service by npm openid-client, with either
// way to show its secret, on both engines.
func TestOpenIDClient(t *testing.T) {
	for _, method := range []string{"basic", "post"} {
		for name, engine := range map[string]db.Dialect{"sqlite": db.SQLite, "postgres": db.Postgres} {
			t.Run(method+"/"+name, func(t *testing.T) {
				a := apptest.Start(t, apptest.Options{Dialect: engine})
				service := startParty(t, "relying.mjs", a.ID, "others", secret, method)
				home := "http://localhost:" + service.Port
				register(t, a, "others", home+"/callback", home+"/bye", home+"/logout")
				life(t, a, service, home)
			})
		}
	}
}

func life(t *testing.T, a *apptest.App, service *party, home string) {
	c := a.NewClient(t)
	in := func(parameters map[string]any) told {
		t.Helper()
		begun := service.does("begin", "scope", "openid profile phone vneid", "parameters", parameters)
		page := c.Get(begun.URL)
		if page.URL.Host != strings.TrimPrefix(home, "http://") {
			page = c.Submit(page.FindForm("/dang-nhap"), "ten", person.Number, "mk", "thu-nghiem-2026")
			page = c.Submit(page.FindForm("/ma-otp"), "ma", a.OTP(person.Phone))
		}
		if page.URL.Path != "/callback" || page.Status != http.StatusOK {
			t.Fatalf("the browser is at %s (%d): %s", page.URL, page.Status, page.Text())
		}
		return service.does("finish", "url", page.URL.String())
	}

	first := in(nil)
	mustHave(t, first.Claims, map[string]any{"iss": a.ID, "aud": []string{"others"}})
	if first.Alg != "ES256" || first.Claims["name"] != nil {
		t.Errorf("ID token: %+v", first)
	}
	mustHave(t, service.does("userinfo").Claims, map[string]any{"sub": first.Claims["sub"], "name": person.Name, "national_id": person.Number})

	// New keys, and a sign-in within the same session.
	rotate(t, a)
	second := in(nil)
	if second.Kid == first.Kid || second.Claims["sid"] != first.Claims["sid"] {
		t.Errorf("after the rotation: %+v", second)
	}

	// Signing out at the service: the browser comes back with its state, the
	// service is told by a logout token, and what it had is worth nothing.
	page := c.Get(service.does("signOut", "redirect", home+"/bye", "state", "s-77").URL)
	if page.URL.String() != home+"/bye?state=s-77" {
		t.Fatalf("after the sign-out the browser is at %s", page.URL)
	}
	a.Drain()
	if got := service.does("logouts").Logouts; len(got) != 1 || got[0].Error != "" || got[0].Sid != first.Claims["sid"] || got[0].Sub != first.Claims["sub"] {
		t.Errorf("logout tokens: %+v", got)
	}
	if got := service.asks(map[string]any{"do": "userinfo"}); got.Error == "" {
		t.Error("the access token outlives the session")
	}
	third := in(nil) // asks for account and password again
	if third.Claims["sid"] == first.Claims["sid"] {
		t.Error("the ended session came back")
	}
}
