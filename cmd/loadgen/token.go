package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"sync"
	"time"

	"motcua/internal/demo"
)

// tokenCmd measures what services ask of the provider all day: refreshes and
// userinfo, each as fast as the server can with a fixed number of sessions.
// The figure per core is of the CPU time that the server used.
type tokenCmd struct {
	ID       string        `default:"http://localhost:8082" help:"Address of the id site."`
	Ops      string        `default:"http://127.0.0.1:8089" help:"Address of the operations listener, for the server's CPU time."`
	Accounts int           `default:"2000" help:"Load-test accounts the server has (demo --load-accounts)."`
	Sessions int           `default:"16" help:"Sessions that ask at once."`
	Length   time.Duration `default:"15s" help:"Length of each phase."`
	Wanted   float64       `default:"800" help:"Calls per second and core below which the run fails."`
}

// given are the tokens of one session.
type given struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
}

func (c *tokenCmd) Run(ctx context.Context) error {
	for _, address := range []string{c.ID, c.Ops} {
		if err := loopbackOnly(address); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	server, err := ask(ctx, c.Ops)
	if err != nil {
		return err
	}
	fmt.Printf("server: %s, synchronous %s\n", server.engine, server.synchronous)
	p := newPeople(c.ID, min(c.Accounts, demo.MaxLoadAccounts))
	visits := make([]*visit, c.Sessions)
	for i := range visits {
		if visits[i], err = p.enter(ctx); err != nil {
			return fmt.Errorf("signing in: %w", err)
		}
		if visits[i].given.Refresh == "" {
			return errors.New("the server gives no refresh tokens")
		}
	}
	worst := math.Inf(1)
	for _, phase := range []struct {
		name string
		call func(context.Context, *visit) error
	}{{"refreshes", refreshOnce}, {"userinfo", askUserinfo}} {
		perCore, err := c.phase(ctx, phase.name, visits, phase.call)
		if err != nil {
			return err
		}
		worst = min(worst, perCore)
	}
	if worst < c.Wanted {
		return fmt.Errorf("%.0f calls per second and core, wanted %.0f", worst, c.Wanted)
	}
	return nil
}

func (c *tokenCmd) phase(ctx context.Context, name string, visits []*visit, call func(context.Context, *visit) error) (perCore float64, err error) {
	before, err := ask(ctx, c.Ops)
	if err != nil {
		return 0, err
	}
	r := newResults(name)
	end := time.Now().Add(c.Length)
	var wg sync.WaitGroup
	for _, v := range visits {
		wg.Go(func() {
			for time.Now().Before(end) && ctx.Err() == nil {
				v.waits = v.waits[:0]
				err := call(ctx, v)
				r.add(v.waits, err)
				if err != nil {
					return // its tokens are worth nothing more
				}
			}
		})
	}
	wg.Wait()
	r.stop()
	after, err := ask(ctx, c.Ops)
	if err != nil {
		return 0, err
	}
	fmt.Printf("\n%s, %s\n%s", name, r.took.Round(time.Second), r)
	if r.done() == 0 {
		return 0, errors.New("no call succeeded")
	}
	cpu := after.cpu - before.cpu
	perCore = float64(r.done()) / cpu.Seconds()
	fmt.Printf("  server CPU       %6.2f ms per call: %.0f per second and core\n", ms(cpu)/float64(r.done()), perCore)
	return perCore, nil
}

func refreshOnce(ctx context.Context, v *visit) error {
	resp, b, err := v.send(ctx, http.MethodPost, "/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {v.given.Refresh},
		"client_id": {demo.LoadClient}, "client_secret": {demo.LoadSecret}}, nil)
	if err != nil {
		return err
	}
	var next given
	if resp.StatusCode != http.StatusOK || json.Unmarshal(b, &next) != nil || next.Refresh == "" {
		return fmt.Errorf("refresh answered %d", resp.StatusCode)
	}
	v.given = next
	return nil
}

func askUserinfo(ctx context.Context, v *visit) error {
	resp, _, err := v.send(ctx, http.MethodGet, "/userinfo", nil, map[string]string{"Authorization": "Bearer " + v.given.Access})
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("userinfo answered %d", resp.StatusCode)
	}
	return err
}
