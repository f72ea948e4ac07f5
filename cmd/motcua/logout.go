package main

import (
	"context"
	"fmt"
	"strconv"

	"motcua/internal/app"
	"motcua/internal/oidcop"
	"motcua/internal/vn"
)

type logoutCmd struct {
	List logoutList `cmd:"" help:"Các dịch vụ đã được báo hết phiên chưa. / Whether services have been told that a session has ended."`
}

type logoutList struct {
	consoleSettings
	All bool `help:"Cả những lần đã báo xong; mặc định chỉ lần chưa báo được. / Also those that are done; by default what is not."`
}

var logoutStates = map[string]string{
	oidcop.LogoutWaiting:   "đang chờ / waiting",
	oidcop.LogoutDelivered: "đã báo / delivered",
	oidcop.LogoutGivenUp:   "đã bỏ / given up",
}

func (c *logoutList) Run(ctx context.Context) error {
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		states := []string{oidcop.LogoutWaiting, oidcop.LogoutGivenUp}
		if c.All {
			states = []string{""}
		}
		var all []oidcop.Delivery
		for _, state := range states {
			list, err := core.Provider.Deliveries(ctx, state)
			if err != nil {
				return err
			}
			all = append(all, list...)
		}
		if len(all) == 0 {
			fmt.Println("Không có lần báo nào. / None.")
			return nil
		}
		t := newTable("HẾT PHIÊN LÚC", "DỊCH VỤ", "VÌ", "TÌNH TRẠNG", "LẦN THỬ", "THỬ LẠI LÚC", "LỖI", "PHIÊN")
		for _, d := range all {
			next := ""
			if d.NextTry != nil {
				next = vn.DateTime(*d.NextTry)
			}
			t.row(vn.DateTime(d.CreatedAt), d.ClientID, d.Cause, logoutStates[d.State], strconv.Itoa(d.Attempts), next, d.LastError, d.SessionID)
		}
		return t.flush()
	})
}
