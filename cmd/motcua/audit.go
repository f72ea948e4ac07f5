package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"motcua/internal/app"
	"motcua/internal/audit"
	"motcua/internal/vn"
)

type auditCmd struct {
	Verify auditVerify `cmd:"" help:"So nhật ký với niêm phong, nêu chỗ bị sửa. / Compare the log with its seals, name a broken place."`
	Read   auditRead   `cmd:"" help:"Đọc nhật ký; việc đọc cũng được ghi. / Read the log; the reading is logged."`
}

type auditVerify struct {
	consoleSettings
	Anchor []string `placeholder:"BATCH:HASH" help:"Dấu đã ghi ở nơi khác từ lần trước. / A head that was noted elsewhere earlier."`
}

func (v *auditVerify) Run(ctx context.Context) error {
	var anchors []audit.Anchor
	for _, a := range v.Anchor {
		n, hash, ok := strings.Cut(a, ":")
		batch, err := strconv.ParseInt(n, 10, 64)
		if !ok || err != nil || batch < 1 {
			return errors.New("Dấu có dạng SỐ:MÃ như lệnh này in ra.\nAn anchor is BATCH:HASH as this command prints it.")
		}
		anchors = append(anchors, audit.Anchor{Batch: batch, Hash: hash})
	}
	return v.console(ctx, func(ctx context.Context, core *app.Core) error {
		r, err := core.Audit.Verify(ctx, anchors...)
		if err != nil {
			return err
		}
		fmt.Printf("Đã kiểm %d bản ghi trong %d lô. / Records and batches verified.\n", r.Records, r.Batches)
		fmt.Printf("Chưa niêm phong / unsealed: %d\n", r.Unsealed)
		if r.Unsealed > 0 {
			fmt.Printf("Cũ nhất / oldest: %s\n", vn.DateTime(r.Oldest))
		}
		if r.Broken != nil {
			return fmt.Errorf("NHẬT KÝ KHÔNG CÒN NGUYÊN: lô %d %s %s\nTHE LOG IS BROKEN: %s", r.Broken.Batch, r.Broken.Record, r.Broken.What, r.Broken)
		}
		fmt.Printf("Nguyên vẹn. Dấu để ghi ở nơi khác / sound; note elsewhere: %d:%s\n", r.Head.Batch, r.Head.Hash)
		return nil
	})
}

type auditRead struct {
	consoleSettings
	From   time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"Từ ngày. / From this day."`
	To     time.Time `format:"2006-01-02" placeholder:"YYYY-MM-DD" help:"Đến hết ngày. / Through this day."`
	Action string    `placeholder:"CODE" help:"Chỉ hành động này, ví dụ account.sign_in. / This action only."`
	Target string    `placeholder:"KIND/ID" help:"Chỉ đối tượng này, ví dụ account/… / This target only."`
	Actor  string    `placeholder:"KIND/ID" help:"Chỉ người làm này. / This actor only."`
	Limit  int       `default:"100" help:"Số bản ghi, nhiều nhất 500. / Number of records, at most 500."`
	JSON   bool      `help:"Xuất tất cả dạng JSON từng dòng. / Export everything as JSON lines."`
}

func (c *auditRead) Run(ctx context.Context) error {
	f := audit.Filter{Action: c.Action, Target: parseRef(c.Target), Actor: parseRef(c.Actor), Limit: c.Limit}
	if !c.From.IsZero() {
		f.From = inZone(c.From)
	}
	if !c.To.IsZero() {
		f.To = inZone(c.To).AddDate(0, 0, 1)
	}
	return c.console(ctx, func(ctx context.Context, core *app.Core) error {
		if c.JSON {
			return core.Audit.Export(ctx, operator(), f, os.Stdout)
		}
		records, err := core.Audit.Read(ctx, operator(), f)
		if err != nil {
			return err
		}
		t := newTable("LÚC", "HÀNH ĐỘNG", "KẾT QUẢ", "LÝ DO", "NGƯỜI LÀM", "ĐỐI TƯỢNG", "NGUỒN")
		for _, r := range records {
			t.row(r.At.In(vn.Zone).Format("2006-01-02 15:04:05"), r.Action, string(r.Outcome), r.Reason,
				join(r.ActorKind, r.ActorID), join(r.TargetKind, r.TargetID), r.Source)
		}
		return t.flush()
	})
}

func parseRef(s string) audit.Ref {
	kind, id, _ := strings.Cut(s, "/")
	return audit.Ref{Kind: kind, ID: id}
}

func join(kind, id string) string { return strings.Trim(kind+"/"+id, "/") }

// inZone reads a day as Vietnam's.
func inZone(d time.Time) time.Time {
	return time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, vn.Zone)
}
