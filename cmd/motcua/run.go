package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"motcua/internal/app"
	"motcua/internal/clock"
	"motcua/internal/config"
	"motcua/internal/demo"
)

// open makes the program's logger also that of libraries which write to the
// default one: what they write is redacted too.
func open(ctx context.Context, c *config.Config) (*app.App, error) {
	a, err := app.New(ctx, c, app.Options{})
	if err == nil {
		slog.SetDefault(a.Log)
	}
	return a, err
}

type demoCmd struct{ config.Demo }

func (d *demoCmd) Run(ctx context.Context) error {
	c := d.Config()
	if d.LAN {
		var err error
		if c, err = app.OnLAN(d.Demo, clock.System(), nil); err != nil {
			return err
		}
	}
	if err := app.Check(c); err != nil {
		return err
	}
	a, err := open(ctx, c)
	if err != nil {
		return err
	}
	demo.Print(os.Stdout, c)
	if err := a.Run(ctx); err != nil {
		return err
	}
	fmt.Println("Đã dừng. / Stopped.")
	return nil
}

type serveCmd struct{ settings }

func (s *serveCmd) Run(ctx context.Context) error {
	if err := app.Check(&s.Config); err != nil {
		return err
	}
	a, err := open(ctx, &s.Config)
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
