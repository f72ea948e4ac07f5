package demo_test

import (
	"bytes"
	"strings"
	"testing"

	"motcua/internal/app/apptest"
	"motcua/internal/audit"
	"motcua/internal/config"
	"motcua/internal/credential"
	"motcua/internal/demo"
	"motcua/internal/org"
	"motcua/internal/vn"
)

func TestEverybodyIsInventedAndConsistent(t *testing.T) {
	numbers, phones := map[string]bool{}, map[string]bool{}
	both := 0
	for _, p := range demo.Citizens {
		n, err := vn.ParseIdentityNumber(p.Number)
		if err != nil || !strings.HasPrefix(p.Number, "099") {
			t.Errorf("%s: number %s: %v", p.Name, p.Number, err)
		}
		if f := n.Check(p.Sex, vn.BirthYear(p.BirthDate)); len(f) > 0 {
			t.Errorf("%s: number and person differ: %v", p.Name, f)
		}
		if !strings.HasPrefix(p.Phone, "+84900000") || phones[p.Phone] || numbers[p.Number] {
			t.Errorf("%s: phone %s or number %s", p.Name, p.Phone, p.Number)
		}
		numbers[p.Number], phones[p.Phone] = true, true
		if p.Username != "" {
			both++
		}
		about := credential.About{Number: p.Number, Name: p.Name, BirthDate: p.BirthDate}
		if err := credential.Check(demo.CitizenPassword, credential.MinCitizen, about); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if both != 1 {
		t.Errorf("%d citizens are officers too, want 1", both)
	}
	for _, p := range demo.Officers {
		if err := credential.Check(demo.OfficerPassword, credential.MinOfficer, credential.About{Number: p.Username, Name: p.Name}); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if p.Username == demo.GuideOfficer {
			if p.Phone != "" || p.Number != "" || org.NeedsTOTP([]org.Post{{Role: p.Posts[0].Role}}) {
				t.Errorf("%s is not for the guide: something is filled in or asked for already", p.Name)
			}
			continue
		}
		if p.Number == "" && (!strings.HasPrefix(p.Phone, "+84900000") || phones[p.Phone]) {
			t.Errorf("%s: phone %s", p.Name, p.Phone)
		}
	}
	if _, err := vn.ParseIdentityNumber(demo.LoadNumber(demo.MaxLoadAccounts - 1)); err != nil {
		t.Error(err)
	}
	if _, err := vn.ParseMobile(demo.LoadPhone(demo.MaxLoadAccounts - 1)); err != nil {
		t.Error(err)
	}
}

func TestSecondStartKeepsWhatWasDone(t *testing.T) {
	a := apptest.Start(t, apptest.Options{})
	if _, err := a.People.Reset(t.Context(), audit.System, demo.Citizens[0].Number); err != nil {
		t.Fatal(err)
	}
	again := apptest.Start(t, apptest.Options{Database: a.Database, Data: a.Data, Clock: a.Clock})
	acc, err := again.People.Find(t.Context(), again.DB, demo.Citizens[0].Number)
	if err != nil || acc.PasswordHash != nil {
		t.Errorf("the password is back: %v", err)
	}
	accounts, err := again.People.List(t.Context(), audit.System)
	if err != nil || len(accounts) != len(demo.Citizens) {
		t.Errorf("%d accounts, want %d (%v)", len(accounts), len(demo.Citizens), err)
	}
	officers, err := again.Org.ListOfficers(t.Context(), audit.System, "")
	if err != nil || len(officers) != len(demo.Officers) {
		t.Errorf("%d officers, want %d (%v)", len(officers), len(demo.Officers), err)
	}
	hashes := map[string]bool{}
	for _, x := range accounts {
		if x.PasswordHash != nil {
			hashes[*x.PasswordHash] = true
		}
	}
	for _, x := range officers {
		hashes[x.PasswordHash] = true
	}
	if len(hashes) != 2 {
		t.Errorf("%d password hashes, want 2", len(hashes))
	}
}

func TestPrintFitsATerminal(t *testing.T) {
	var b bytes.Buffer
	demo.Print(&b, config.Demo{PortalURL: "http://localhost:8080", OfficeURL: "http://localhost:8081", IDURL: "http://localhost:8082"}.Config())
	for line := range strings.Lines(b.String()) {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("%d characters: %s", n, line)
		}
	}
	for _, want := range []string{"http://localhost:8082/sandbox", demo.CitizenPassword, demo.Citizens[0].Number, demo.GuideOfficer, demo.OfficerPassword} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
}
