package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/config"
	"motcua/internal/db"
	"motcua/internal/demo"
	"motcua/internal/oidcop"
)

var profiles = []string{config.ProfileOIDC, config.ProfileNPSP, config.ProfileDirect}

// signInAt signs a person in at the portal, from the page that asked.
func signInAt(t *testing.T, a *apptest.App, c *apptest.Client, address string, person demo.Person) *apptest.Page {
	t.Helper()
	page := c.Get(address)
	if page.URL.Path != "/dang-nhap" {
		t.Fatalf("sign-in led to %s (%d):\n%s", page.URL, page.Status, page.Text())
	}
	page = c.Submit(page.FindForm("/dang-nhap"), "ten", person.Number, "mk", demo.CitizenPassword)
	if page.URL.Path != "/ma-otp" {
		t.Fatalf("the password led to %s (%d):\n%s", page.URL, page.Status, page.Text())
	}
	return c.Submit(page.FindForm("/ma-otp"), "ma", a.OTP(person.Phone))
}

// TestRP01_EachProfileSignsIn walks in through each profile, on both engines:
// the whole program at both ends, SBX-03's dialects included.
func TestRP01_EachProfileSignsIn(t *testing.T) {
	for _, profile := range profiles {
		t.Run(profile, func(t *testing.T) {
			each(t, func(t *testing.T, dialect db.Dialect) {
				a := apptest.Start(t, apptest.Options{Dialect: dialect, Profile: profile})
				c := a.NewClient(t)
				asked := ""
				c.Watch = func(p *apptest.Page) {
					if to := p.Location(); to != nil && asked == "" && strings.HasPrefix(to.String(), a.ID) {
						asked = to.Path
					}
				}
				for _, person := range []demo.Person{demo.Citizens[0], demo.Citizens[2]} { // the second's birth date is a year
					page := signInAt(t, a, c, a.Portal+"/dich-vu-cong/cong-dan", person)
					if page.URL.Host != strings.TrimPrefix(a.Portal, "http://") || !strings.Contains(page.Text(), person.Name) {
						t.Fatalf("the code led to %s (%d):\n%s\n%s", page.URL, page.Status, page.Text(), a.Log)
					}
					got := citizenRow(t, a, person.Number)
					want := received{Number: person.Number, Name: person.Name, BirthDate: person.BirthDate, Level: "2", AccountType: "citizen"}
					want.Issuer = map[string]string{config.ProfileOIDC: a.ID, config.ProfileNPSP: a.ID + oidcop.PathNPSPToken, config.ProfileDirect: a.ID + oidcop.PathVNeID}[profile]
					if got != want {
						t.Errorf("one identity:\n got %+v\nwant %+v", got, want)
					}
					page = c.Submit(page.FindForm("/dang-xuat"))
					if page.URL.Path != "/da-dang-xuat" || strings.Contains(page.Text(), person.Name) {
						t.Fatalf("sign-out led to %s (%d):\n%s", page.URL, page.Status, page.Text())
					}
					reached := strings.Contains(page.Text(), "đều đã kết thúc")
					if reached == (profile == config.ProfileDirect) {
						t.Errorf("the provider's session ended: %v", reached)
					}
					if profile == config.ProfileDirect && !strings.Contains(page.Text(), "không có chỗ để Cổng kết thúc phiên") {
						t.Errorf("a provider without a sign-out: %s", page.Text())
					}
				}
				want := map[string]string{config.ProfileOIDC: oidcop.PathAuthorize, config.ProfileNPSP: oidcop.PathNPSPAuthorize, config.ProfileDirect: oidcop.PathVNeIDAuthorize}[profile]
				if asked != want {
					t.Errorf("asked at %s, want %s", asked, want)
				}
				for _, secret := range []string{demo.CitizenPassword, demo.Citizens[0].Number, "encrypt_key="} {
					if strings.Contains(a.Log.String(), secret) {
						t.Errorf("the log holds %q", secret)
					}
				}
			})
		})
	}
}

type received struct {
	Issuer      string `db:"issuer"`
	Number      string `db:"number"`
	Name        string `db:"name"`
	BirthDate   string `db:"birth_date"`
	Level       string `db:"level"`
	AccountType string `db:"account_type"`
}

func citizenRow(t *testing.T, a *apptest.App, number string) received {
	t.Helper()
	c, err := db.Get[received](t.Context(), a.DB, `SELECT issuer, number, name, birth_date, level, account_type FROM citizen WHERE number = $1`, number)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRP01_OfficersEnterThroughEachProfile: the office's registration, key and
// way back are its own.
func TestRP01_OfficersEnterThroughEachProfile(t *testing.T) {
	for _, profile := range profiles {
		t.Run(profile, func(t *testing.T) {
			a := apptest.Start(t, apptest.Options{Profile: profile})
			c := a.NewClient(t)
			officer := demo.Citizens[1]
			page := signInAt(t, a, c, a.Office+"/hethong/login/vneid", officer)
			if page.URL.Path != "/hethong/lien-ket" || !strings.HasPrefix(page.URL.String(), a.Office) {
				t.Fatalf("led to %s (%d):\n%s", page.URL, page.Status, page.Text())
			}
		})
	}
}

// TestSBX03_DialectsExistInTheDemoAlone: a real run answers nobody there, by
// route and by the provider itself.
func TestSBX03_DialectsExistInTheDemoAlone(t *testing.T) {
	paths := []string{oidcop.PathNPSPAuthorize, oidcop.PathNPSPToken, oidcop.PathNPSPUserinfo, oidcop.PathNPSPKeys, oidcop.PathNPSPLogout,
		oidcop.PathVNeIDAuthorize, oidcop.PathVNeIDToken, oidcop.PathVNeIDUserinfo}
	status := func(t *testing.T, a *apptest.App, method, path string) int {
		r, err := http.NewRequestWithContext(t.Context(), method, a.ID+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return a.NewClient(t).Do(r).Status
	}
	there := apptest.Start(t, apptest.Options{})
	real := apptest.Start(t, apptest.Options{Change: func(c *config.Config) {
		c.Demo = false
		c.MasterKey = strings.Repeat("A", 43) + "="
		c.ProviderName, c.ProviderNameEN, c.Provider = "Định danh Hưng Yên", "", config.Provider{}
		c.PhoneWait = 24 * 3600e9
		c.SMSFirst = config.SMSProvider{URL: "http://127.0.0.1:9/send", Method: "POST", Body: `{"to":{{json .To}},"text":{{json .Text}}}`, Phone: "e164"}
	}})
	if real.Provider.Dialects != nil {
		t.Error("a real run's provider speaks the dialects")
	}
	for _, path := range paths {
		method := http.MethodGet
		if strings.HasSuffix(path, "/token") {
			method = http.MethodPost
		}
		if got := status(t, there, method, path); got == http.StatusNotFound {
			t.Errorf("demo: %s %s is not there", method, path)
		}
		if got := status(t, real, method, path); got != http.StatusNotFound {
			t.Errorf("real: %s %s answers %d", method, path, got)
		}
	}
	if _, err := real.Provider.AuthorizeAs(t.Context(), oidcop.DialectVNeID, url.Values{}, oidcop.Front{Browser: "b"}); err == nil {
		t.Error("a real run's provider judges a request in a dialect")
	}
}

// TestRP08_MinimumLevelThroughEachProfile: a person of level 1 is told so at
// the portal and at the office, whatever the provider calls its levels.
func TestRP08_MinimumLevelThroughEachProfile(t *testing.T) {
	for _, profile := range append([]string{""}, profiles...) {
		t.Run("profile "+profile, func(t *testing.T) {
			a := apptest.Start(t, apptest.Options{Profile: profile, Change: func(c *config.Config) { c.PortalMinLevel, c.OfficeMinLevel = "2", "2" }})
			low, high := demo.Citizens[4], demo.Citizens[0]
			if low.Level != 1 || high.Level != 2 {
				t.Fatal("the demo's people have changed")
			}
			c := a.NewClient(t)
			page := signInAt(t, a, c, a.Portal+"/dich-vu-cong/cong-dan", low)
			if page.Status != http.StatusForbidden || !strings.Contains(page.Text(), "mức độ 2; tài khoản của bạn đang ở mức độ 1") || !strings.Contains(page.Text(), "Công an xã, phường") {
				t.Fatalf("led to %s (%d):\n%s", page.URL, page.Status, page.Text())
			}
			// The way on asks anew, although the provider knows this browser.
			page = signInAt(t, a, c, a.Portal+"/dich-vu-cong/cong-dan/dang-nhap?muc=2&lai=1", high)
			if page.Status != http.StatusOK || !strings.Contains(page.Text(), high.Name) {
				t.Errorf("level 2 led to %s (%d):\n%s", page.URL, page.Status, page.Text())
			}
			page = signInAt(t, a, a.NewClient(t), a.Office+"/hethong/login/vneid", low)
			if page.Status != http.StatusForbidden || !strings.Contains(page.Text(), "mức độ 2") {
				t.Errorf("office: led to %s (%d):\n%s", page.URL, page.Status, page.Text())
			}
		})
	}
}
