package app_test

import (
	"context"
	"encoding/base64"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"github.com/fiorix/go-smpp/smpp/pdu/pdufield"
	"github.com/fiorix/go-smpp/smpp/pdu/pdutext"
	"github.com/fiorix/go-smpp/smpp/smpptest"

	"motcua/internal/app"
	"motcua/internal/config"
	"motcua/internal/db"
	"motcua/internal/sms"
)

// serving is a configuration for real, with one line to a carrier.
func serving(t *testing.T, carrier string) *config.Config {
	t.Helper()
	c := config.Demo{Data: t.TempDir(), Synchronous: "NORMAL", LogLevel: "error", PortalURL: "http://localhost:" + port(t),
		OfficeURL: "http://localhost:" + port(t), IDURL: "http://localhost:" + port(t)}.Config()
	c.Demo, c.ProviderName, c.ProviderNameEN = false, "Định danh tỉnh Ví Dụ", ""
	c.Database = "sqlite:" + filepath.Join(t.TempDir(), "motcua.db")
	c.MasterKey = base64.StdEncoding.EncodeToString(make([]byte, 32))
	t.Setenv("SMPP_TEST_PASSWORD", "secret")
	c.SMSFirst = config.SMSProvider{URL: "smpp://" + carrier, Phone: "84", SystemID: "client", Password: "env:SMPP_TEST_PASSWORD", Source: "TINHVIDU",
		Rate: 10, Window: 10, Binds: 1, Enquire: 30 * time.Second, ReceiptID: "same", Price: 350}
	return c
}

func TestOTP04_ServeSendsByLineAndSaysGoodbye(t *testing.T) {
	s := smpptest.NewUnstartedServer()
	unbound := make(chan struct{})
	s.Handler = func(c smpptest.Conn, m pdu.Body) {
		switch m.Header().ID {
		case pdu.SubmitSMID:
			resp := pdu.NewSubmitSMResp()
			resp.Header().Seq = m.Header().Seq
			_ = resp.Fields().Set(pdufield.MessageID, "m1")
			_ = c.Write(resp)
			d := pdu.NewDeliverSM()
			f := d.Fields()
			_ = f.Set(pdufield.ESMClass, 0x04)
			_ = f.Set(pdufield.ShortMessage, pdutext.Raw("id:m1 stat:DELIVRD err:000"))
			f[pdufield.UDHLength], f[pdufield.GSMUserData] = &pdufield.SM{}, &pdufield.SM{}
			_ = c.Write(d)
		case pdu.UnbindID:
			resp := pdu.NewUnbindResp()
			resp.Header().Seq = m.Header().Seq
			_ = c.Write(resp)
			close(unbound)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	a, stop := program(t, serving(t, s.Addr()), app.Options{})
	var id string
	err := a.DB.WithTx(t.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		id, err = a.SMS.Queue(ctx, tx, sms.Outgoing{To: "+84900000123", Text: "481905", Purpose: "otp"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	for state := sms.State(""); state != sms.Delivered; <-look.C {
		d, err := a.SMS.State(t.Context(), a.DB, id)
		if err != nil || d.State == sms.Failed || d.State == sms.Out {
			t.Fatalf("%+v, %v", d, err)
		}
		state = d.State
	}
	if costs, err := a.SMS.Costs(t.Context(), "2000-01-01", "2100-01-01"); err != nil || len(costs) != 1 || costs[0].Price != 350 || costs[0].Delivered != 1 {
		t.Errorf("%+v, %v", costs, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	<-unbound
}

func TestWrongLineIsNamedAtStart(t *testing.T) {
	good := serving(t, "127.0.0.1:2775")
	if err := app.Check(good); err != nil && slices.ContainsFunc(faultsOf(t, err), func(f config.Fault) bool { return f.Flag == "sms-url" }) {
		t.Errorf("the description is right: %v", err)
	}
	for name, spoil := range map[string]func(*config.SMSProvider){
		"rate":        func(p *config.SMSProvider) { p.Rate = 0 },
		"no password": func(p *config.SMSProvider) { p.Password = "env:SMPP_TEST_NOWHERE" },
		"sender":      func(p *config.SMSProvider) { p.Source = "Tỉnh Ví Dụ" },
		"receipts":    func(p *config.SMSProvider) { p.ReceiptID = "octal" },
	} {
		c := serving(t, "127.0.0.1:2775")
		spoil(&c.SMSFirst)
		if list := faultsOf(t, app.Check(c)); !slices.ContainsFunc(list, func(f config.Fault) bool { return f.Flag == "sms-url" }) {
			t.Errorf("%s: nothing about it in %v", name, list)
		}
		c = serving(t, "127.0.0.1:2775")
		c.SMSSecond = c.SMSFirst
		spoil(&c.SMSSecond)
		if list := faultsOf(t, app.Check(c)); !slices.ContainsFunc(list, func(f config.Fault) bool { return f.Flag == "sms2-url" }) {
			t.Errorf("%s, second: nothing about it in %v", name, list)
		}
	}
}

func faultsOf(t *testing.T, err error) (list config.Faults) {
	t.Helper()
	if err != nil && !errors.As(err, &list) {
		t.Fatal(err)
	}
	return list
}
