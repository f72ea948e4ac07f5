package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"motcua/internal/demo"
)

// profileCmd lets officers save their personal page at a fixed rate, whether or
// not earlier saves are finished. A save is the form's POST; the form is opened
// before each, and counts for the server's CPU but not for the waits.
type profileCmd struct {
	Office string        `default:"http://localhost:8081" help:"Address of the officers' site."`
	Ops    string        `default:"http://127.0.0.1:8089" help:"Address of the operations listener, for the server's CPU time."`
	Rate   float64       `default:"0" help:"Saves a second; 0: 50 for each core."`
	Length time.Duration `default:"30s" help:"How long."`
	Opened bool          `default:"true" negatable:"" help:"Open the form before each save, as a person does."`
}

const (
	pathLogin = "/hethong/login"
	pathOwn   = "/hethong/trang-ca-nhan"
	pathEdit  = pathOwn + "/cap-nhat"
	// savesPerCore and saveP95 are what is asked for.
	savesPerCore = 50
	saveP95      = 100 * time.Millisecond
)

func (c *profileCmd) Run(ctx context.Context) error {
	for _, address := range []string{c.Office, c.Ops} {
		if err := loopbackOnly(address); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	rate := c.Rate
	if rate == 0 {
		rate = savesPerCore * float64(runtime.NumCPU())
	}
	before, err := ask(ctx, c.Ops)
	if err != nil {
		return err
	}
	fmt.Printf("server: %s, synchronous %s\n", before.engine, before.synchronous)
	officers, err := c.signIn(ctx)
	if err != nil {
		return err
	}
	if before, err = ask(ctx, c.Ops); err != nil {
		return err
	}
	r := c.save(ctx, officers, rate)
	after, err := ask(ctx, c.Ops)
	if err != nil {
		return err
	}
	fmt.Printf("\n%d officers, %.0f saves a second asked for, %s\n%s", len(officers), rate, r.took.Round(time.Second), r)
	if r.done() == 0 {
		return errors.New("nothing was saved")
	}
	cpu := after.cpu - before.cpu
	fmt.Printf("  server CPU       %6.1f ms per save, %.2f cores in all, of %d\n", ms(cpu)/float64(r.done()), cpu.Seconds()/r.took.Seconds(), runtime.NumCPU())
	if p := r.quantile(.95); p > saveP95 {
		return fmt.Errorf("p95 is %.0f ms, more than %.0f", ms(p), ms(saveP95))
	}
	return nil
}

// An officer saves one page at a time.
type officer struct {
	*visit
	saves int
	form  url.Values
}

func (c *profileCmd) signIn(ctx context.Context) ([]*officer, error) {
	p := newPeople(c.Office, 0)
	var out []*officer
	for i := range demo.LoadOfficers {
		o := &officer{visit: &visit{p: p, cookies: map[string]string{}, source: fmt.Sprintf("10.1.%d.%d", i>>8&255, i&255)}}
		_, page, err := o.send(ctx, http.MethodGet, pathLogin, nil, nil)
		if err != nil {
			return nil, err
		}
		form := formAt(page, pathLogin)
		if form == nil {
			return nil, fmt.Errorf("%s has no form: %.200s", pathLogin, text(page))
		}
		form.Set("ten", demo.LoadUsername(i))
		form.Set("mk", demo.LoadPassword)
		if _, err := o.to(ctx, http.MethodPost, pathLogin, form); err != nil {
			return nil, fmt.Errorf("%w (is the demo started with --load-accounts?)", err)
		}
		if err := o.open(ctx); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// open reads the form and fills in what the demo leaves empty.
func (o *officer) open(ctx context.Context) error {
	resp, page, err := o.send(ctx, http.MethodGet, pathEdit, nil, nil)
	if err != nil {
		return err
	}
	if o.form = formAt(page, pathEdit); o.form == nil {
		return fmt.Errorf("%s answered %d without the form: %.200s", pathEdit, resp.StatusCode, text(page))
	}
	for box, value := range map[string]string{"gioi-tinh": "male", "ngay": "1", "thang": "1", "nam": "1990"} {
		if o.form.Get(box) == "" {
			o.form.Set(box, value)
		}
	}
	return nil
}

func (o *officer) save(ctx context.Context, opened bool) (time.Duration, error) {
	if opened {
		if err := o.open(ctx); err != nil {
			return 0, err
		}
	}
	o.saves++
	o.form.Set("dia-chi", "Số "+strconv.Itoa(o.saves)+", đường Mẫu, phường Phố Hiến")
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range o.form {
		for _, v := range values {
			if err := w.WriteField(name, v); err != nil {
				return 0, err
			}
		}
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	start := time.Now()
	resp, page, err := o.sendBody(ctx, http.MethodPost, pathEdit, w.FormDataContentType(), &body, nil)
	took := time.Since(start)
	if err != nil {
		return took, err
	}
	if resp.StatusCode != http.StatusSeeOther || !strings.HasPrefix(resp.Header.Get("Location"), pathOwn) {
		return took, fmt.Errorf("a save answered %d: %.300s", resp.StatusCode, text(page))
	}
	if !opened {
		n, err := strconv.Atoi(o.form.Get("ban"))
		if err != nil {
			return took, err
		}
		o.form.Set("ban", strconv.Itoa(n+1))
	}
	return took, nil
}

func (c *profileCmd) save(ctx context.Context, officers []*officer, rate float64) *results {
	r := newResults("saves")
	free := make(chan *officer, len(officers))
	for _, o := range officers {
		free <- o
	}
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	end := time.After(c.Length)
	var wg sync.WaitGroup
	for running := true; running; {
		select {
		case <-tick.C:
			select {
			case o := <-free:
				wg.Go(func() {
					took, err := o.save(ctx, c.Opened)
					r.add([]time.Duration{took}, err)
					free <- o
				})
			default:
				r.add(nil, errors.New("every officer was still saving"))
			}
		case <-end:
			running = false
		case <-ctx.Done():
			running = false
		}
	}
	wg.Wait()
	r.stop()
	return r
}
