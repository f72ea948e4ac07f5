// Command loadgen puts a running server under load and prints what it
// measured. It sends traffic to loopback addresses only.
//
//	go run ./cmd/motcua demo --load-accounts 2000 --trusted-proxy 127.0.0.1/32 --ops-listen 127.0.0.1:8089
//	go run ./cmd/loadgen signin [--profile oidc|npsp-wso2|vneid-direct]
//	go run ./cmd/loadgen token
//	go run ./cmd/loadgen profile
//	go run ./cmd/loadgen qr
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/alecthomas/kong"
)

var cli struct {
	Signin  signinCmd  `cmd:"" help:"Complete sign-ins: authorize, password, OTP, code, token, userinfo."`
	Token   tokenCmd   `cmd:"" help:"Refreshes and userinfo, as services ask them."`
	Profile profileCmd `cmd:"" help:"Officers save their personal page."`
	QR      qrCmd      `cmd:"" name:"qr" help:"Open sign-in pages that ask for the state of their QR code."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	k := kong.Parse(&cli, kong.Name("loadgen"), kong.Description("Load on a running motcua, and figures."))
	k.BindTo(ctx, (*context.Context)(nil))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}
