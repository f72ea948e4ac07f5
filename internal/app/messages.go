package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"

	"motcua/internal/audit"
	"motcua/internal/config"
	"motcua/internal/db"
	"motcua/internal/sms"
	"motcua/internal/sms/smpp"
)

// messages makes the SMS service with the providers of the configuration, or
// the demo's inbox. A process without any, such as the console, only queues.
func (a *Core) messages() error {
	var routes []sms.Route
	wrap := func(p sms.Provider) sms.Provider {
		if a.options.SMS != nil {
			return a.options.SMS(p)
		}
		return p
	}
	if a.Config.Demo {
		a.Inbox = sms.NewInbox(a.Clock)
		routes = []sms.Route{{Provider: wrap(a.Inbox)}}
	} else {
		for i, c := range providers(a.Config) {
			if c.URL == "" {
				continue
			}
			p, err := a.newProvider(c, i)
			if err != nil {
				return err
			}
			line, ok := p.(*smpp.Provider)
			if ok {
				a.Lines = append(a.Lines, line)
			} else {
				p = wrap(p)
			}
			routes = append(routes, sms.Route{Provider: p, Price: c.Price})
		}
	}
	var first sms.Provider
	if len(routes) > 0 {
		first = routes[0].Provider
	}
	a.SMS = sms.New(a.DB, a.Clock, a.Box, a.Jobs, a.Registry, first, a.Log)
	a.SMS.Configure(sms.Settings{Routes: routes, DailyLimit: a.Config.SMSDailyLimit})
	a.SMS.Observe(a.Metrics.Message)
	for _, l := range a.Lines {
		l.Report(a.SMS)
	}
	return nil
}

func providers(c *config.Config) []config.SMSProvider {
	return []config.SMSProvider{c.SMSFirst, c.SMSSecond}
}

func (a *Core) newProvider(c config.SMSProvider, i int) (sms.Provider, error) {
	if _, _, ok := c.Line(); !ok {
		return newGateway(c, i)
	}
	lc, err := lineConfig(c, i)
	if err != nil {
		return nil, err
	}
	return smpp.New(lc, smpp.Parts{DB: a.DB, Clock: a.Clock, Log: a.Log})
}

// providerName stands in rows: it must not change with the address.
func providerName(kind string, i int) string { return kind + []string{"", "2"}[i] }

func newGateway(c config.SMSProvider, i int) (*sms.Gateway, error) {
	return sms.NewGateway(sms.GatewayConfig{Name: providerName("http", i), URL: c.URL, Method: c.Method, Headers: c.Headers, Body: c.Body,
		Success: c.Success, Ref: c.Ref, Phone: sms.PhoneFormat(c.Phone)})
}

func lineConfig(c config.SMSProvider, i int) (smpp.Config, error) {
	password, err := sms.Secret(c.Password)
	if err != nil {
		return smpp.Config{}, err
	}
	address, encrypted, _ := c.Line()
	out := smpp.Config{Name: providerName("smpp", i), Address: address, SystemID: c.SystemID, Password: password, SystemType: c.SystemType,
		Source: c.Source, Phone: sms.PhoneFormat(c.Phone), Rate: c.Rate, Window: c.Window, Binds: c.Binds, Enquire: c.Enquire, Refs: smpp.RefForm(c.ReceiptID)}
	if encrypted {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return smpp.Config{}, err
		}
		out.TLS = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	}
	return out, nil
}

// checkMessages says what only the packages know of the providers' settings,
// where config has found nothing wrong with them.
func checkMessages(c *config.Config, known config.Faults) (faults config.Faults) {
	if c.SMSRiskURL != "" {
		if _, err := sms.NewRiskHook(c.SMSRiskURL, c.SMSRiskToken); err != nil {
			faults = append(faults, config.Fault{Flag: "sms-risk-url", Vi: "Địa chỉ hỏi về SIM hoặc khóa của nó chưa đúng: " + oneLine(err), En: "The address asked about SIMs, or its key, is wrong."})
		}
	}
	for i, p := range providers(c) {
		prefix := providerName("sms", i) + "-"
		wrong := p.URL == ""
		for _, f := range known {
			wrong = wrong || strings.HasPrefix(f.Flag, prefix)
		}
		if wrong {
			continue
		}
		var err error
		if _, _, ok := p.Line(); ok {
			var lc smpp.Config
			if lc, err = lineConfig(p, i); err == nil {
				err = lc.Check()
			}
		} else {
			_, err = newGateway(p, i)
		}
		if err != nil {
			faults = append(faults, config.Fault{Flag: prefix + "url", Vi: "Mô tả cổng SMS chưa đúng: " + oneLine(err), En: "The description of the SMS gateway is wrong."})
		}
	}
	return faults
}

// DeclareSMSOut throws the switch that tells people that SMS is out of order.
func (a *Core) DeclareSMSOut(ctx context.Context, by audit.Ref, note string) error {
	return a.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if err := a.SMS.Declare(ctx, tx, note); err != nil {
			return err
		}
		return a.Audit.Append(ctx, tx, audit.Event{Action: "sms.outage_declare", Actor: by, Outcome: audit.OK, Detail: map[string]string{"note": cmp.Or(note, "-")}})
	})
}

// ResumeSMS takes the switch back and ends the providers' rests.
func (a *Core) ResumeSMS(ctx context.Context, by audit.Ref) (was bool, err error) {
	err = a.DB.WithTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if was, err = a.SMS.Resume(ctx, tx); err != nil {
			return err
		}
		return a.Audit.Append(ctx, tx, audit.Event{Action: "sms.outage_end", Actor: by, Outcome: audit.OK})
	})
	return was, err
}

// leaveLines says good-bye to the carriers, all at once.
func (a *Core) leaveLines(ctx context.Context) error {
	ended := make(chan error, len(a.Lines))
	for _, l := range a.Lines {
		go func() { ended <- l.Stop(ctx) }()
	}
	var errs []error
	for range a.Lines {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}
