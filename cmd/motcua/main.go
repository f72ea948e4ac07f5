// Command motcua runs the three sites, for a trial (demo) or for real (serve),
// and holds the console's commands. `motcua --help` lists them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"motcua/internal/config"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c cli
	k := kong.Parse(&c, kong.Name("motcua"), kong.UsageOnError(),
		kong.Description("Một cửa điện tử, Cổng Dịch vụ công và hệ thống định danh trong một chương trình."),
		kong.Configuration(config.Loader), config.Groups(), kong.BindTo(ctx, (*context.Context)(nil)))
	switch err := k.Run(); {
	case err == nil:
		return 0
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "Đã dừng trước khi xong. / Stopped before it was done.")
		return 130 // as shells tell of an interrupt
	default:
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
}
