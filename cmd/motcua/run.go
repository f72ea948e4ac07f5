package main

import (
	"context"
	"fmt"
	"os"

	"motcua/internal/app"
	"motcua/internal/config"
	"motcua/internal/demo"
)

type demoCmd struct{ config.Demo }

func (d *demoCmd) Run(ctx context.Context) error {
	c := d.Config()
	if err := app.Check(c); err != nil {
		return err
	}
	a, err := app.New(ctx, c, app.Options{})
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
	a, err := app.New(ctx, &s.Config, app.Options{})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
