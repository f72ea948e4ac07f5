package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"motcua/internal/demo"
)

// signinCmd measures complete sign-ins, first as fast as the server can with a
// fixed number of people at once (saturation), then at a share of that rate
// with arrivals that do not wait for answers (open loop).
type signinCmd struct {
	ID       string        `default:"http://localhost:8082" help:"Address of the id site."`
	Ops      string        `default:"http://127.0.0.1:8089" help:"Address of the operations listener, for the server's CPU time."`
	Accounts int           `default:"2000" help:"Load-test accounts the server has (demo --load-accounts)."`
	People   int           `default:"32" help:"People at once in the closed loop."`
	Closed   time.Duration `default:"20s" help:"Length of the closed loop."`
	Open     time.Duration `default:"30s" help:"Length of the open loop; 0 leaves it out."`
	Share    float64       `default:"0.6" help:"Rate of the open loop as a share of the closed loop's."`
	Profile  string        `default:"oidc" enum:"oidc,npsp-wso2,vneid-direct" help:"How the provider is spoken to: oidc, npsp-wso2 or vneid-direct."`
	Key      string        `default:"./data/vneid-demo.pem" help:"For vneid-direct: the private key that demo --profile vneid-direct made in its data folder."`
}

// maxRun bounds the whole run, whatever the flags say.
const maxRun = 15 * time.Minute

func (c *signinCmd) Run(ctx context.Context) error {
	for _, address := range []string{c.ID, c.Ops} {
		if err := loopbackOnly(address); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()

	hash := hashCPU(ctx, 0)
	fmt.Printf("hash: %.1f ms CPU back to back (Argon2id 19 MiB, t=2, p=1, measured in this process)\n", ms(hash))
	server, err := ask(ctx, c.Ops)
	if err != nil {
		return err
	}
	fmt.Printf("server: %s, synchronous %s\n", server.engine, server.synchronous)

	p := newPeople(c.ID, min(c.Accounts, demo.MaxLoadAccounts))
	if p.dialect, err = dialectOf(c.Profile, c.Key); err != nil {
		return err
	}
	fmt.Printf("profile: %s\n", c.Profile)
	closed, err := c.phase(ctx, "closed loop", hash, func(ctx context.Context) *results { return p.closedLoop(ctx, c.People, c.Closed) })
	if err != nil || c.Open == 0 {
		return err
	}
	rate := closed.perSecond() * c.Share
	hash = hashCPU(ctx, time.Duration(float64(time.Second)/rate))
	fmt.Printf("\nhash: %.1f ms CPU at this pace\n", ms(hash))
	_, err = c.phase(ctx, fmt.Sprintf("open loop at %.0f %% (%.1f/s)", c.Share*100, rate), hash,
		func(ctx context.Context) *results { return p.openLoop(ctx, rate, c.Open) })
	return err
}

func (c *signinCmd) phase(ctx context.Context, name string, hash time.Duration, run func(context.Context) *results) (*results, error) {
	before, err := ask(ctx, c.Ops)
	if err != nil {
		return nil, err
	}
	r := run(ctx)
	after, err := ask(ctx, c.Ops)
	if err != nil {
		return nil, err
	}
	fmt.Printf("\n%s, %s\n%s", name, r.took.Round(time.Second), r)
	if r.done() == 0 {
		return r, errors.New("no sign-in succeeded")
	}
	each := (after.cpu - before.cpu) / time.Duration(r.done())
	perHash := float64(after.hashes-before.hashes) / float64(r.done())
	inHash := time.Duration(perHash * float64(hash))
	fmt.Printf("  server CPU       %6.1f ms per sign-in, of which the hash %.1f ms (%.2f hashes), everything else %.1f ms\n",
		ms(each), ms(inHash), perHash, ms(each-inHash))
	return r, nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func loopbackOnly(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%s is not a loopback address", address)
	}
	return nil
}

// turn hands out numbers, so that no account signs in twice at once.
type turn struct{ n atomic.Int64 }

func (t *turn) next(of int) int { return int(t.n.Add(1)-1) % of }
